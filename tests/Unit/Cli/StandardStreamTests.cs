using System.Diagnostics;

namespace LogEngine.Unit.Cli;

/// <summary>The tool with real standard streams that are full, closed, or given up by their reader.</summary>
public sealed class StandardStreamTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>Case F1.</summary>
    [SkippableFact]
    public async Task A_full_device_under_standard_output()
    {
        await SmallLogs.CreateAsync(_scratch.Path, 2, 10);

        (int code, _, string error) = await ShellAsync("$TOOL cat $DIR > /dev/full");

        Assert.Equal(2, code);
        Assert.Contains("standard output cannot be written", error, StringComparison.Ordinal);
    }

    /// <summary>Case F3.</summary>
    [SkippableFact]
    public async Task A_reader_that_leaves()
    {
        (int code, string output, string error) = await ShellAsync(
            "head -c 5000000 /dev/zero | $TOOL blob import $DIR s > $DIR.id && "
            + "$TOOL blob export $DIR s $(cat $DIR.id) | head -c 1 | wc -c; echo ${PIPESTATUS[0]}");

        Assert.Equal((0, "1\n0\n", ""), (code, output, error));
    }

    /// <summary>Case F7: it appended, then ended with 134, so that a script did it once more.</summary>
    [SkippableTheory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    public async Task Nobody_to_tell_is_no_failure(string redirection)
    {
        (int code, _, _) = await ShellAsync($"echo one | $TOOL append $DIR {redirection}");

        Assert.Equal(0, code);
        Assert.Equal(1, (await LogDirectory.StatAsync(_scratch.Path)).LastSequence);
        Assert.True((await LogDirectory.VerifyAsync(_scratch.Path)).IsSound);
    }

    /// <summary>Case F8: it waited for ever for an input that there is not.</summary>
    [SkippableTheory]
    [InlineData("append $DIR")]
    [InlineData("kv put $DIR k a")]
    [InlineData("queue send $DIR q")]
    public async Task A_closed_standard_input_is_an_error_and_nothing_is_made(string verb)
    {
        (int code, _, string error) = await ShellAsync($"$TOOL {verb} <&-");

        Assert.Equal(2, code);
        Assert.Contains("standard input is closed", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_scratch.Path));
    }

    /// <summary>A closed stream's number goes to the next file that is opened: never to a log's.</summary>
    [SkippableFact]
    public async Task Closed_streams_are_no_files_of_the_log()
    {
        string lines = _scratch.Sibling("lines");
        await File.WriteAllTextAsync(lines, "one\ntwo\n");

        (int code, _, _) = await ShellAsync(
            $"$TOOL append $DIR {lines} --print-acks --io buffered <&- >&- 2>&-");

        Assert.Equal(2, code);
        VerifyReport report = await LogDirectory.VerifyAsync(_scratch.Path);
        Assert.True(report.IsSound);
        Assert.Equal(2, report.Records);
    }

    private async Task<(int Code, string Output, string Error)> ShellAsync(string script)
    {
        Machine.RequireLinux("standard streams are set up by a shell");
        string dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        ProcessStartInfo start = new("bash", ["-c", script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TOOL"] =
            $"{dotnet} {Path.Combine(AppContext.BaseDirectory, "LogEngine.Cli.dll")}";
        start.Environment["DIR"] = _scratch.Path;
        using Process shell = Process.Start(start)!;
        shell.StandardInput.Close();
        Task<string> output = shell.StandardOutput.ReadToEndAsync();
        Task<string> error = shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (shell.ExitCode, await output, await error);
    }
}
