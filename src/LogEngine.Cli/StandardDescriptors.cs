using Microsoft.Win32.SafeHandles;

namespace LogEngine.Cli;

/// <summary>
/// Which of the standard streams the process was given. A closed one's number goes to whatever is
/// opened next, so it must neither be read nor written, and must not become a file of an engine.
/// </summary>
internal static class StandardDescriptors
{
    private const int Input = 0;
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>O_CLOEXEC as Linux prints it.</summary>
    private const int CloseOnExec = 0x80000;

    /// <summary>Held to the end of the process.</summary>
    private static readonly List<SafeFileHandle> _holders = [];

    internal static bool HasInput { get; private set; } = true;

    internal static bool HasOutput { get; private set; } = true;

    internal static bool HasError { get; private set; } = true;

    /// <summary>Looks, then fills the free ones of the three. To be called before all else.</summary>
    internal static void Settle()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        HasInput = WasGiven(Input);
        HasOutput = WasGiven(Output);
        HasError = WasGiven(Error);
        for (bool free = true; free;)
        {
            SafeFileHandle holder = File.OpenHandle(
                "/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            _holders.Add(holder);
            free = holder.DangerousGetHandle() <= Error;
        }
    }

    /// <summary>
    /// What the runtime opens is closed on exec, so a descriptor that is not has come through exec.
    /// </summary>
    private static bool WasGiven(int descriptor)
    {
        string about = $"/proc/self/fdinfo/{descriptor}";
        if (!Directory.Exists("/proc/self/fdinfo"))
        {
            return true;
        }

        if (!File.Exists(about))
        {
            return false;
        }

        foreach (string line in File.ReadLines(about))
        {
            if (line.StartsWith("flags:", StringComparison.Ordinal))
            {
                int flags = Convert.ToInt32(line[6..].Trim(), 8);
                return (flags & CloseOnExec) == 0;
            }
        }

        return true;
    }
}
