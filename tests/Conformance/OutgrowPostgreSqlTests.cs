using System.Diagnostics;
using System.Globalization;

namespace LogEngine.Conformance;

/// <summary>The sample of a shop that moves from files to PostgreSQL, as its README tells it.</summary>
public sealed class OutgrowPostgreSqlTests
{
    private const int Before = 60;
    private const int All = 300;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [SkippableFact]
    public async Task A_shop_moves_and_goes_on_as_two_processes()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync("fsync=off");
        using ScratchDirectory scratch = new();
        Directory.CreateDirectory(scratch.Path);
        string onFiles = await RunAsync(scratch.Path, null, "sell", "1", $"{Before}");
        Assert.Equal($"sold {Before}", onFiles);
        Assert.EndsWith($"took {Before} of {Before}", await RunAsync(scratch.Path, null, "work", $"{Before}"));
        Assert.Equal("sold 20", await RunAsync(scratch.Path, null, "sell", $"{Before + 1}", $"{Before + 20}"));
        Assert.StartsWith($"{Before} orders", await RunAsync(scratch.Path, null, "books", $"{Before}"));

        await EndAsync(Start(
            "LogEngine.Cli", scratch.Path, null,
            "migrate", Path.Combine(scratch.Path, "shop-data"), server.ConnectionString));

        using Process one = Start("Outgrow", scratch.Path, server, "work", $"{All}");
        using Process two = Start("Outgrow", scratch.Path, server, "work", $"{All}");
        foreach (Process worker in new[] { one, two })
        {
            Assert.Equal("working", await worker.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        }

        // What is in the queue, and what has been taken in a batch of the others, is no news to it.
        Assert.Equal(
            $"sold {All - Before - 20}",
            await RunAsync(scratch.Path, server, "sell", $"{Before + 1}", $"{All}"));
        int[] took = [TookOf(await EndAsync(one)), TookOf(await EndAsync(two))];
        Assert.All(took, count => Assert.InRange(count, 1, All - Before - 1));
        Assert.StartsWith($"{All} orders of {All}", await RunAsync(scratch.Path, server, "books", $"{All}"));
    }

    private static async Task<string> RunAsync(
        string directory, PostgreServer? server, params string[] arguments)
    {
        using Process process = Start("Outgrow", directory, server, arguments);
        return await EndAsync(process);
    }

    /// <summary>On the server if there is one, else as its appsettings.json says.</summary>
    private static Process Start(
        string program, string directory, PostgreServer? server, params string[] arguments)
    {
        ProcessStartInfo start = new(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, $"{program}.dll"), .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (server is not null)
        {
            start.Environment["LogEngine__shop__Engine"] = "postgresql";
            start.Environment["LogEngine__shop__PostgreSql__ConnectionString"] = server.ConnectionString;
        }

        return Process.Start(start)!;
    }

    private static async Task<string> EndAsync(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(process.ExitCode == 0, await output + errors);
        return (await output).Trim();
    }

    private static int TookOf(string output) =>
        int.Parse(output.Split(' ')[1], CultureInfo.InvariantCulture);
}
