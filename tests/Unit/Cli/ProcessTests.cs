using System.Diagnostics;

namespace LogEngine.Unit.Cli;

/// <summary>The tool as a process of its own: standard streams, signals, exit codes.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Append_and_cat_through_pipes()
    {
        using Process append = Start("append", _directory.Path, "--print-acks");
        await append.StandardInput.WriteAsync("one\ntwo");
        append.StandardInput.Close();
        Assert.Equal("1\n2\n", await append.StandardOutput.ReadToEndAsync().Soon());
        Assert.Contains(
            "appended 2 records", await append.StandardError.ReadToEndAsync().Soon(),
            StringComparison.Ordinal);
        Assert.Equal(0, await ExitCodeAsync(append));

        using Process cat = Start("cat", _directory.Path);
        Assert.Equal("one\ntwo\n", await cat.StandardOutput.ReadToEndAsync().Soon());
        Assert.Equal(0, await ExitCodeAsync(cat));
    }

    [Fact]
    public async Task Closed_standard_output_ends_following_quietly()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path);
        log.Append("one"u8);
        using Process cat = Start("cat", _directory.Path, "--follow");
        Assert.Equal("one", await cat.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        cat.StandardOutput.Close();
        Task<int> ended = ExitCodeAsync(cat);
        while (!ended.IsCompleted)
        {
            log.Append("more"u8);
            await Task.WhenAny(ended, Task.Delay(10));
        }

        Assert.Equal(0, await ended);
        Assert.Empty(await cat.StandardError.ReadToEndAsync().Soon());
    }

    /// <summary>
    /// Whoever starts the tests in the background of a script has them ignore interrupts, and a
    /// child inherits that: the signal's default is restored for it.
    /// </summary>
    [SkippableFact]
    public async Task Interrupt_closes_the_log_and_keeps_what_was_acknowledged()
    {
        Machine.RequireLinux("signals are sent by kill");
        using Process append = StartUnder(
            ["env", "--default-signal=INT"], "append", _directory.Path, "--print-acks");
        await append.StandardInput.WriteAsync("one\ntwo\n");
        await append.StandardInput.FlushAsync();
        Assert.Equal("1", await append.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        Assert.Equal("2", await append.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        Tools.Run("kill", "-INT", $"{append.Id}");

        Assert.Equal(130, await ExitCodeAsync(append));
        DirectoryStat stat = await LogDirectory.StatAsync(_directory.Path);
        Assert.Equal((InspectedTail.Sealed, 2L), (stat.Tail, stat.LastSequence));
    }

    [Fact]
    public async Task Version_is_printed()
    {
        using Process version = Start("--version");

        Assert.Matches(@"^\d+\.\d+\.\d+", await version.StandardOutput.ReadToEndAsync().Soon());
        Assert.Equal(0, await ExitCodeAsync(version));
    }

    private static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    private static async Task<int> ExitCodeAsync(Process process)
    {
        await process.WaitForExitAsync().WaitAsync(Patience);
        return process.ExitCode;
    }

    private static Process Start(params string[] args) => StartUnder([], args);

    /// <param name="before">A program that becomes the tool, and its arguments; or nothing.</param>
    /// <param name="args">The tool's arguments.</param>
    private static Process StartUnder(string[] before, params string[] args)
    {
        string[] all =
        [
            .. before,
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            Path.Combine(AppContext.BaseDirectory, "LogEngine.Cli.dll"),
            .. args,
        ];
        ProcessStartInfo start = new(all[0], all[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Tools.Start(start);
    }
}
