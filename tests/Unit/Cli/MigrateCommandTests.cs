using LogEngine.Cli;
using LogEngine.Stores.Migration;

namespace LogEngine.Unit.Cli;

/// <summary>`migrate`: everything goes to another place, and the exit code says what stood in its way.</summary>
public sealed class MigrateCommandTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    private string From => _directory.Path;

    private string To => _directory.Sibling("target");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Keys_and_queues_are_copied_and_verified_and_progress_is_for_terminals()
    {
        await FillAsync();
        ToolResult result = await Tool.RunAsync("migrate", From, To);
        Assert.Equal(0, result.Code);
        Assert.Contains("2 verified in 2 parts", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
        Assert.Equal(
            (await Tool.RunAsync("ls", From)).Output, (await Tool.RunAsync("ls", To)).Output);
        Assert.Equal("one\n", (await Tool.RunAsync("queue", "receive", To, "jobs")).Output);
    }

    [Fact]
    public async Task On_a_terminal_it_says_which_keyspace_it_is_at_whatever_its_name()
    {
        await Tool.RunAsync("kv", "put", From, "a[b", "k", "v");
        using MemoryStream output = new();
        await using StringWriter error = new();
        int code = await CommandLineTool.RunAsync(
            ["migrate", From, To], new ToolIO(Stream.Null, output, error, ShowProgress: true), default);
        Assert.Equal(ExitCode.Sound, code);
        Assert.Contains("verifying a[b; 1 keys", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_ahead_of_a_program_that_runs_is_resumed_when_it_has_ended()
    {
        await FillAsync();
        await using (EmbeddedEngine program = await StorageEngine.OpenAsync(From))
        {
            (await Tool.RunAsync("migrate", From, To)).AssertFailed(4, "another process");
            Assert.Equal(0, (await Tool.RunAsync("migrate", From, To, "--ahead")).Code);
            await program.GetKeyspace("orders").PutAsync("b"u8.ToArray(), "2"u8.ToArray());
        }

        (await Tool.RunAsync("migrate", From, To)).AssertFailed(1, "--resume");
        Assert.Equal(0, (await Tool.RunAsync("migrate", From, To, "--resume", "--no-verify")).Code);
        Assert.Equal("2", (await Tool.RunAsync("kv", "get", To, "orders", "b")).Output);
        await using EmbeddedEngine target = await StorageEngine.OpenAsync(To);
        Assert.False(await EngineMigration.IsUnfinishedAsync(target));
    }

    [Fact]
    public async Task What_stands_in_its_way_has_an_exit_code()
    {
        (await Tool.RunAsync("migrate", _directory.Sibling("none"), To)).AssertFailed(6, "none");
        Assert.False(Directory.Exists(To));
        await FillAsync();
        await Tool.RunAsync("kv", "put", To, "other", "k", "v");
        (await Tool.RunAsync("migrate", From, To)).AssertFailed(1, "not empty");
        (await Tool.RunAsync("migrate", From, To, "--resume")).AssertFailed(1, "not empty");
    }

    [Theory]
    [InlineData("Host=db;Database=app", true)]
    [InlineData("Database=app; host = db", true)]
    [InlineData("Server=db", true)]
    [InlineData("./Host=db", false)]
    [InlineData("/var/lib/app", false)]
    [InlineData("a=b", false)]
    public void A_connection_string_is_one_that_names_a_host(string place, bool isOne) =>
        Assert.Equal(isOne, LogEngine.Cli.EnginePlace.IsDatabase(place));

    private async Task FillAsync()
    {
        await Tool.RunAsync("kv", "put", From, "orders", "a", "1");
        await Tool.RunAsync(Tool.Input("one\n"), ["queue", "send", From, "jobs"]);
    }
}
