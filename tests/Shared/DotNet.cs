using System.Diagnostics;
using System.Reflection;

namespace LogEngine.Tests;

/// <summary>Runs the SDK, and what it has made.</summary>
internal static class DotNet
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(8);

    /// <summary>The configuration that the tests were built in, and with them what they pack.</summary>
    internal static string Configuration { get; } = typeof(DotNet).Assembly
        .GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The program that runs what is built.</summary>
    internal static string Host { get; } =
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Runs the SDK in the checkout to its end; its exit code and what it printed.</summary>
    internal static Task<(int Code, string Output)> RunAsync(params string[] arguments) =>
        RunProgramAsync(Host, arguments);

    /// <summary>Runs a program to its end; its exit code and what it printed.</summary>
    internal static async Task<(int Code, string Output)> RunProgramAsync(
        string program, params string[] arguments)
    {
        Skip.If(Repository.Root is null, "not run from a checkout: there is nothing to build");
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                // Nothing is left running behind a test.
                ["MSBUILDDISABLENODEREUSE"] = "1",
                ["UseSharedCompilation"] = "false",
                ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1",
                ["DOTNET_NOLOGO"] = "1",
            },
        };

        // What a test run sets for itself is not for builds.
        start.Environment.Remove("MSBUILD_EXE_PATH");
        start.Environment.Remove("MSBuildExtensionsPath");
        if (Path.GetDirectoryName(Host) is { Length: > 0 } root)
        {
            start.Environment["DOTNET_ROOT"] = root;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(_patience);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }
}
