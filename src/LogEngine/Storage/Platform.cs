namespace LogEngine.Storage;

/// <summary>What a process must be for any of this to work in it.</summary>
internal static class Platform
{
    /// <summary>Why it does not run here; null where it does.</summary>
    internal static string? WhyNot { get; } =
        FindWhyNot(Environment.Is64BitProcess, BitConverter.IsLittleEndian);

    /// <summary>Called by whatever opens something, so that its caller sees this exception itself.</summary>
    /// <exception cref="PlatformNotSupportedException">It does not run here.</exception>
    internal static void Require()
    {
        if (WhyNot is { } reason)
        {
            throw new PlatformNotSupportedException(reason);
        }
    }

    internal static string? FindWhyNot(bool is64Bit, bool isLittleEndian)
    {
        // File offsets are passed as 64 bits, which 32-bit C libraries take only under other names;
        // and what is in memory is compared and hashed in the order that files have.
        if (!is64Bit)
        {
            return "LogEngine needs a 64-bit process; this one has 32 bits.";
        }

        return !isLittleEndian
            ? "LogEngine needs a little-endian processor; this one is big-endian."
            : OperatingSystem.IsLinux() || OperatingSystem.IsMacOS() || OperatingSystem.IsWindows()
                ? null
                : "LogEngine runs on Linux, macOS and Windows.";
    }
}
