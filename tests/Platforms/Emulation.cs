using System.Diagnostics;

namespace LogEngine.Platforms;

/// <summary>A way to run programs of another platform on this machine.</summary>
/// <param name="runtimeIdentifier">Whose programs.</param>
internal abstract class Emulation(string runtimeIdentifier)
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(10);

    /// <summary>What a path of this machine is called there.</summary>
    internal virtual string PathOf(string path) => path;

    /// <summary>Runs the runner to its end; its exit code and what it printed.</summary>
    internal async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using Process process = await StartAsync(arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(_patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, $"not within {_patience}: {await output}{await errors}");
        }

        return (process.ExitCode, (await output + await errors).Replace("\r", string.Empty));
    }

    /// <summary>Starts the runner.</summary>
    internal async Task<Process> StartAsync(params string[] arguments)
    {
        string host = await RuntimeHost.MakeAsync(runtimeIdentifier);
        ProcessStartInfo start = StartOf(host);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;

        // Memory that is mapped twice is nothing for an emulator.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return Tools.Start(start);
    }

    /// <summary>Runs classes of tests/Unit, in one process.</summary>
    internal async Task RunTestsAsync(IEnumerable<string> classes, params string[] without)
    {
        string[] names = [.. classes];
        (int code, string output) = await RunAsync(
            ["tests", .. names, .. without.Select(name => "-" + name)]);
        Assert.True(code == 0, $"{string.Join(", ", names)} ended with {code}: {output}");
    }

    /// <summary>How its programs are started, without their arguments.</summary>
    protected abstract ProcessStartInfo StartOf(string host);
}
