using System.Diagnostics;

namespace LogEngine.Tests;

/// <summary>
/// Runs the system's own programs. A test that comes to one which this machine does not have is
/// skipped there, whether or not it asked before: no machine fails a test for want of a program.
/// </summary>
internal static class Tools
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    /// <summary>Skips a test where it is not root on Linux, or a program is missing.</summary>
    internal static void Require(params string[] programs)
    {
        if (WhyNot(programs) is { } reason)
        {
            Skip.If(true, reason);
        }
    }

    /// <summary>Why a test with these programs cannot run here; null where it can.</summary>
    internal static string? WhyNot(params string[] programs)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "mounting a file system needs Linux and root";
        }

        return Array.Find(programs, program => Find(program) is null) is { } missing
            ? NotInstalled(missing)
            : null;
    }

    /// <summary>Where a program is, by PATH alone; null where it is not installed.</summary>
    internal static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
            .Split(Path.PathSeparator)
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);

    /// <summary>Runs it to its end; gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed: with what it said.</exception>
    /// <exception cref="SkipException">It is not installed.</exception>
    internal static string Run(string program, params string[] arguments)
    {
        (int code, string output) = Try(program, arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {code}: {output}");
    }

    /// <summary>Runs it to its end; gives its exit code and what it printed.</summary>
    /// <exception cref="SkipException">It is not installed.</exception>
    internal static (int Code, string Output) Try(string program, params string[] arguments)
    {
        using Process process = Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        });
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(_patience))
        {
            process.Kill();
            throw new InvalidOperationException($"{program} did not end within {_patience}");
        }

        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    /// <summary>Starts it.</summary>
    /// <exception cref="SkipException">It is not installed.</exception>
    internal static Process Start(ProcessStartInfo start)
    {
        if (!Path.IsPathRooted(start.FileName))
        {
            start.FileName = Find(start.FileName)
                ?? throw new SkipException(NotInstalled(start.FileName));
        }

        return Process.Start(start)!;
    }

    private static string NotInstalled(string program) => $"{program} is not installed";
}
