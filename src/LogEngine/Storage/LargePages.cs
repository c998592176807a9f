namespace LogEngine.Storage;

/// <summary>Asks the system to back memory by large pages, where it does so only when asked.</summary>
internal static class LargePages
{
    /// <summary>
    /// A hint for fresh native memory that is used at random: it saves a walk through page tables
    /// per access. Refused or unknown, it changes nothing but speed.
    /// </summary>
    internal static unsafe void Advise(nint address, nint bytes)
    {
        // An older kernel or one without large pages says no: then pages stay small.
        if (OperatingSystem.IsLinux())
        {
            nint page = Environment.SystemPageSize;
            nint start = (address + page - 1) / page * page;
            nint end = (address + bytes) / page * page;
            _ = end > start
                ? LinuxNative.AdviseMemory((void*)start, end - start, LinuxNative.UseLargePages)
                : 0;
        }
    }
}
