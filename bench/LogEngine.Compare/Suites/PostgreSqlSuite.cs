using System.Buffers.Binary;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Queues;
using LogEngine.Compare.Reporting;
using LogEngine.PostgreSql;
using Npgsql;

namespace LogEngine.Compare.Suites;

/// <summary>
/// LogEngine on PostgreSQL beside what one writes by hand there: a queue of SKIP LOCKED, single-statement puts. The
/// server is the one that LOGENGINE_POSTGRESQL names, and its schema 'bench' and its tables bench_queue and bench_put are
/// removed.
/// </summary>
internal static class PostgreSqlSuite
{
    internal const string Name = "pg";
    private const string Variable = "LOGENGINE_POSTGRESQL";
    private const string Ours = "logengine";
    private const string Rebus = "rebus";

    internal static string[] Sides { get; } = [Ours, "by-hand", Rebus];

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        string? server = Environment.GetEnvironmentVariable(Variable);
        foreach (string workload in options.Workloads)
        {
            foreach (int workers in options.Appenders)
            {
                int payload = options.Payloads[0];
                foreach ((string side, List<Window> windows) in await SideRuns.MeasureAsync(
                    options,
                    report,
                    $"pg {workload} {payload} B, {workers} tasks",
                    options.Repeat,
                    side => MeasureAsync(options, server!, side, workload, workers),
                    side => server is null ? $"{Variable} names no server"
                        : side == Rebus && workload != "cycle" ? "it has a queue alone"
                        : null))
                {
                    report.Add(ResultRow.From(Name, side, payload, windows) with
                    {
                        Workload = workload,
                        Appenders = workers,
                        Durability = options.DurabilityName,
                    });
                }
            }
        }
    }

    private static async Task<Window> MeasureAsync(
        CompareOptions options, string server, string side, string workload, int workers)
    {
        int payload = options.Payloads[0];
        if (workload == "cycle")
        {
            await using IBenchQueue queue = side switch
            {
                Ours => await PostgreSqlBenchQueue.OpenAsync(await OpenAsync(server)),
                Rebus => await RebusQueue.OpenAsync(server),
                _ => await SkipLockedQueue.OpenAsync(server),
            };
            return (await QueueLoads.CycleAsync(options, queue, payload, workers)) with { Note = queue.Note };
        }

        if (side == Ours)
        {
            await using PostgreSqlEngine engine = await OpenAsync(server);
            Keyspace keys = engine.GetKeyspace("bench");
            return await PutAsync(
                options, workers, async (key, body) => await keys.PutAsync(key, body).ConfigureAwait(false));
        }

        await using NpgsqlDataSource source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(server)
            {
                MaxPoolSize = 90,
                MaxAutoPrepare = 10,
                AutoPrepareMinUsages = 2,
            });
        await using (NpgsqlCommand make = source.CreateCommand(
            "drop table if exists bench_put; create table bench_put (key bytea primary key, value bytea)"))
        {
            await make.ExecuteNonQueryAsync();
        }

        return await PutAsync(options, workers, async (key, body) =>
        {
            await using NpgsqlCommand put = source.CreateCommand(
                "insert into bench_put values ($1, $2) on conflict (key) do update set value = excluded.value");
            put.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key });
            put.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = body });
            await put.ExecuteNonQueryAsync().ConfigureAwait(false);
        });
    }

    private static Task<Window> PutAsync(
        CompareOptions options, int workers, Func<byte[], ReadOnlyMemory<byte>, Task> put)
    {
        long next = 0;
        return QueueLoads.RunAsync(
            options,
            workers,
            async body =>
            {
                byte[] key = new byte[sizeof(long)];
                BinaryPrimitives.WriteInt64BigEndian(key, Interlocked.Increment(ref next));
                await put(key, body).ConfigureAwait(false);
            },
            options.Payloads[0]);
    }

    private static async Task<PostgreSqlEngine> OpenAsync(string server)
    {
        await using (NpgsqlDataSource source = NpgsqlDataSource.Create(server))
        {
            await using NpgsqlCommand clear = source.CreateCommand("drop schema if exists bench cascade");
            await clear.ExecuteNonQueryAsync();
        }

        return await PostgreSqlEngine.OpenAsync(
            new PostgreSqlEngineOptions { ConnectionString = server, Schema = "bench" });
    }
}
