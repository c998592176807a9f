using System.Globalization;
using System.Text.Json;
using Npgsql;
using Xunit.Abstractions;

namespace LogEngine.PostgreSqlTests;

/// <summary>
/// What statements touch where very much is waiting: never times, but pages. Without vacuum, with plans that are made for
/// tables of which nothing is known, and with statistics.
/// </summary>
public sealed class PlanTests(ITestOutputHelper output)
{
    // Of each kind; a million in the long run.
    private static readonly int Rows = int.Parse(
        Environment.GetEnvironmentVariable("LOGENGINE_POSTGRESQL_ROWS") ?? "60000",
        CultureInfo.InvariantCulture);

    private const string Far = "3000000000000000000";

    // Lanes, cursors and leases of a claim for 32 receivers.
    private const string None = "'{0,0,0,0,0,0,0,0}'";
    private static readonly string Leases = Many(Enumerable.Repeat("300000000", 32));

    [SkippableFact]
    public async Task No_statement_touches_more_pages_however_much_is_waiting()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync("fsync=off", "autovacuum=off");
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(server.ConnectionString);
        await engine.GetKeyspace("keys").PutAsync("a", "x");
        NpgsqlDataSource source = (NpgsqlDataSource)engine.GetService(typeof(NpgsqlDataSource))!;
        await using NpgsqlConnection connection = await source.OpenConnectionAsync();
        await FillAsync(server);
        List<string> wrong = [];
        foreach (bool analyzed in new[] { false, true })
        {
            if (analyzed)
            {
                await server.ExecuteAsync("analyze logengine.messages; analyze logengine.kv; analyze logengine.duplicates");
            }

            foreach (Question question in Questions())
            {
                (long pages, bool goesThrough) = await PagesAsync(connection, question);
                string line = $"{question}{(analyzed ? ", analyzed" : "")}: {pages} pages, at most {question.Most}";
                output.WriteLine(line);
                if (pages > question.Most || goesThrough)
                {
                    wrong.Add(line + (goesThrough ? ", through the table" : ""));
                }
            }
        }

        Assert.Empty(wrong);
    }

    private static IEnumerable<Question> Questions()
    {
        // Queues by number: 1 waiting, 2 delayed, 3 leased, 4 groups of one, 5 one group, 6 deleted but for the last,
        // 7 due, 8 expired.
        foreach (int queue in new[] { 1, 2, 4, 5, 6 })
        {
            // Dead entries are stepped over once; then the index knows.
            int dead = queue == 6 ? Rows / 50 : 0;
            yield return Claim(queue, None, whole: true, 1000 + dead);
            yield return new("peek", [$"{queue}", "100"], 300 + dead) { Of = $"queue {queue}" };
        }

        foreach (int queue in new[] { 1, 3, 6 })
        {
            string behind = Many(Enumerable.Repeat($"{Rows - 1000}", 8));
            yield return Claim(queue, behind, whole: false, queue == 3 ? 8000 : 1000);
        }

        // A thousand become ready, or are removed, whatever is left.
        yield return Claim(7, None, whole: true, 60 * 1000);
        yield return Claim(8, None, whole: true, 30 * 1000);

        yield return new(
            "enqueue",
            ["0", All("1"), All("0"), All("0"), All("0"), All("0"), All("0"), All("null"), All("x"), All("null")],
            100 * 15);
        yield return new(
            "enqueue",
            ["0", All("5"), All("0"), All("0"), All("0"), All("0"), All("0"), All("null"), All("x"), All("one")],
            100 * 30)
        { Of = "one group" };
        yield return new(
            "acknowledge",
            ["0", All("3"), First, All("7"), First],
            100 * 10);
        yield return new("release", ["3", "7", "1", "100", First, "true"], 100 * 15);
        yield return new("settle", ["0", "1", "3", "500", "7", "500", "10000000", "0", "''"], 30);
        yield return new("settle", ["0", "3", "3", "501", "7", "501", "10000000", "0", "''"], 60) { Of = "bury" };
        yield return new("lease-current", ["3", "500", "7", "500"], 10);
        yield return new("dead-ids", ["1"], 10);

        yield return new("get", ["1", Key(Rows / 2), "null"], 10);
        yield return new("get-info", ["1", Key(Rows / 2), "null"], 10);
        yield return new("get-many", ["1", $"array[{Key(5)}, {Key(Rows - 5)}]", "null"], 20);
        yield return new("delete", ["array[1]", $"array[{Key(Rows - 7)}]", "array[1]"], 20);
        foreach (string values in new[] { "keys", "values" })
        {
            foreach (string way in new[] { "up", "down" })
            {
                string scan = $"scan-{way}-{values}";
                yield return new(scan, ["1", "''", "''", "null", "100", "1000000", "''"], 150) { Of = "first page" };
                yield return new(scan, ["1", "''", "''", "null", "100", "1000000", Key(Rows / 2)], 150) { Of = "a page in the middle" };
                yield return new(scan, ["1", Key(Rows / 2), Key((Rows / 2) + 10), "null", "100", "1000000", "''"], 30) { Of = "a short range" };
            }
        }

        yield return new("count-range", ["1", Key(Rows / 2), Key((Rows / 2) + 10)], 30);
        yield return new("sweep", ["1000"], 30 * 1000);
    }

    private static Question Claim(int queue, string cursors, bool whole, int most) => new(
        "claim",
        [$"{queue}", cursors, None, "8", Leases, "9", "1", "0", whole ? "true" : "false", "false", "''"],
        most)
    { Of = $"queue {queue}, {(whole ? "the whole" : "behind a cursor")}" };

    private static string First => Many(Enumerable.Range(1, 100).Select(i => $"{i}"));

    private static string All(string value) => Many(Enumerable.Repeat(value, 100));

    private static string Many(IEnumerable<string> values) => $"'{{{string.Join(',', values)}}}'";

    private static string Key(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"convert_to('key{number:D8}', 'UTF8')");

    private static async Task FillAsync(PostgreServer server)
    {
        string messages(int queue, string rest, string columns) =>
            "insert into logengine.messages (queue, id, lane, sum, enqueued, body, due, expires" + columns + ") "
            + $"select {queue}, i, i % 3, 0, 1, repeat('x', 50)::bytea{rest} from generate_series(1, {Rows}) i; ";

        string all =
            "set session_replication_role = replica; select setval('logengine.message_ids', 1099511627777); "
            + messages(1, $", 0, {Far}", "")
            + messages(2, $", {Far} + i, 0", "")
            + messages(3, $", 0, 0, {Far}, 7, i, 1", ", leased_until, lease_open, lease_number, deliveries")
            + messages(4, ", 0, 0, convert_to('g' || i, 'UTF8')", ", grp")
            + messages(5, ", 0, 0, 'one', i > 1", ", grp, held")
            + messages(6, ", 0, 0", "")
            + messages(7, ", i, 0", "")
            + messages(8, ", 0, 1", "")
            + $"delete from logengine.messages where queue = 6 and id <= {Rows - 10}; "
            + "insert into logengine.kv (ks, key, version, expires, sum, value) "
            + $"select 1, convert_to('key' || lpad(i::text, 8, '0'), 'UTF8'), i, {Far}, 0, repeat('v', 50)::bytea "
            + $"from generate_series(1, {Rows}) i; "
            + "insert into logengine.kv (ks, key, version, expires, sum, value) "
            + $"select 2, convert_to('key' || i, 'UTF8'), i, 1, 0, '' from generate_series(1, {Rows}) i; "
            + "insert into logengine.duplicates (queue, id, message, expires) "
            + $"select 1, convert_to('id' || i, 'UTF8'), i, 1 from generate_series(1, {Rows}) i";
        await using NpgsqlConnection connection = new(server.ConnectionString + ";Command Timeout=1200");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(all, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Pages that a statement touches, by a plan for any parameters; and whether it goes through a whole table.</summary>
    private static async Task<(long Pages, bool GoesThrough)> PagesAsync(
        NpgsqlConnection connection, Question question)
    {
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using (NpgsqlCommand prepare = new($"prepare asked as {TextOf(question.Statement)}", connection))
        {
            await prepare.ExecuteNonQueryAsync();
        }

        await using NpgsqlCommand explain = new(
            $"explain (analyze, buffers, format json) execute asked({string.Join(", ", question.Parameters)})",
            connection);

        // Not the first time, at which the session learns of the tables.
        await transaction.SaveAsync("before");
        await explain.ExecuteScalarAsync();
        await transaction.RollbackAsync("before");
        string plan = (string)(await explain.ExecuteScalarAsync())!;
        await using (NpgsqlCommand forget = new("deallocate asked", connection))
        {
            await forget.ExecuteNonQueryAsync();
        }

        await transaction.RollbackAsync();
        using JsonDocument document = JsonDocument.Parse(plan);
        JsonElement root = document.RootElement[0].GetProperty("Plan");
        return (
            root.GetProperty("Shared Hit Blocks").GetInt64() + root.GetProperty("Shared Read Blocks").GetInt64(),
            plan.Contains("\"Seq Scan\"", StringComparison.Ordinal));
    }

    private static string TextOf(string statement)
    {
        using Stream file = typeof(PostgreSqlEngine).Assembly.GetManifestResourceStream($"{statement}.sql")!;
        using StreamReader reader = new(file);
        return reader.ReadToEnd();
    }

    private sealed record Question(string Statement, string[] Parameters, int Most)
    {
        internal string Of { get; init; } = "";

        public override string ToString() => Of.Length == 0 ? Statement : $"{Statement}, {Of}";
    }
}
