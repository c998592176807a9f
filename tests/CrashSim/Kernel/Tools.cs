using System.Diagnostics;

namespace LogEngine.CrashSim.Kernel;

/// <summary>Runs the system's own programs.</summary>
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

        string? missing = programs.FirstOrDefault(p => !IsInstalled(p));
        return missing is null ? null : $"{missing} is not installed";
    }

    /// <summary>Runs it to its end; gives what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed: with what it said.</exception>
    internal static string Run(string program, params string[] arguments)
    {
        (int code, string output) = Try(program, arguments);
        return code == 0
            ? output
            : throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {code}: {output}");
    }

    /// <summary>Runs it to its end; gives its exit code and what it printed.</summary>
    internal static (int Code, string Output) Try(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        if (!process.WaitForExit(_patience))
        {
            process.Kill();
            throw new InvalidOperationException($"{program} did not end within {_patience}");
        }

        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }

    private static bool IsInstalled(string program)
    {
        string path = Environment.GetEnvironmentVariable("PATH") ?? string.Empty;
        return path.Split(':').Append("/usr/sbin").Append("/sbin")
            .Any(directory => File.Exists(Path.Combine(directory, program)));
    }
}
