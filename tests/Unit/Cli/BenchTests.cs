using System.Text.Json;
using LogEngine.Cli.Benching;

namespace LogEngine.Unit.Cli;

public sealed class BenchTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task It_measures_beside_the_directory_and_leaves_nothing()
    {
        string home = Directory.CreateDirectory(_scratch.Sibling("home")).FullName;
        string directory = Path.Combine(home, "store");

        ToolResult bench = await Tool.RunAsync("bench", directory, "--seconds", "0.3", "--json");

        Assert.True(bench.Code == 0, bench.Error);
        using JsonDocument json = JsonDocument.Parse(bench.Output);
        JsonElement root = json.RootElement;
        foreach (string part in (string[])["durable1", "durable64", "unsynced1"])
        {
            Assert.True(root.GetProperty($"{part}PerSecond").GetDouble() > 0);
            double[] times =
            [
                .. ((string[])["P50", "P90", "P99", "P999", "Slowest"])
                    .Select(name => root.GetProperty($"{part}{name}Seconds").GetDouble()),
            ];
            Assert.Equal(times.Order(), times);
        }

        Assert.Contains(
            root.GetProperty("promise").GetString(),
            (string[])["power-loss", "nothing", "unknown", "doubtful"]);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home));
    }

    [Fact]
    public async Task It_leaves_nothing_when_it_is_interrupted()
    {
        string home = Directory.CreateDirectory(_scratch.Sibling("home")).FullName;
        using CancellationTokenSource stop = new();
        Task<ToolResult> running = Tool.RunAsync(
            Stream.Null, ["bench", home + "/store", "--seconds", "600"], stop.Token);
        await Eventually.IsTrueAsync(
            () => Directory.EnumerateFileSystemEntries(home).Any(), "it has begun");
        await stop.CancelAsync();

        Assert.Equal(130, (await running.Soon()).Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home));
        (await Tool.RunAsync("bench", home + "/a/b")).AssertFailed(6, "does not exist");
    }

    [Fact]
    public void Percentiles_are_the_nearest_rank()
    {
        List<TimeSpan> times = [.. Enumerable.Range(1, 1000).Reverse().Select(i => TimeSpan.FromTicks(i))];

        BenchFigures figures = BenchFigures.Of(times, TimeSpan.FromSeconds(2));

        Assert.Equal(500, figures.PerSecond);
        Assert.Equal(
            [500, 900, 990, 999, 1000],
            ((TimeSpan[])[figures.P50, figures.P90, figures.P99, figures.P999, figures.Slowest])
                .Select(time => time.Ticks));
        BenchFigures one = BenchFigures.Of([TimeSpan.FromTicks(7)], TimeSpan.FromSeconds(1));
        Assert.Equal((7, 7), (one.P50.Ticks, one.P999.Ticks));
    }

    [Theory]
    [InlineData("ext4", 150, "power-loss")]
    [InlineData("xfs", 9, "power-loss")]
    [InlineData("ext4", 3, "doubtful")]
    [InlineData("tmpfs", 150, "nothing")]
    [InlineData("nfs", 150, "unknown")]
    [InlineData("fuse", 3, "unknown")]
    public void What_a_disk_can_promise_is_said(string fileSystem, int microseconds, string promise) =>
        Assert.Equal(
            promise,
            new BenchDisk(fileSystem, null, 0).Promise(TimeSpan.FromMicroseconds(microseconds)).Word);
}
