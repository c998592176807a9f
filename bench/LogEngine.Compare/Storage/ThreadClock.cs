using System.Runtime.InteropServices;

namespace LogEngine.Compare.Storage;

/// <summary>Processor time of the calling thread.</summary>
internal static unsafe partial class ThreadClock
{
    private const int ThreadProcessorTime = 3;

    /// <summary>In nanoseconds; 0 where the system does not say.</summary>
    internal static long Nanoseconds()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        TimeSpec time;
        return GetTime(ThreadProcessorTime, &time) == 0
            ? (time.Seconds * 1_000_000_000) + time.Nanoseconds
            : 0;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, TimeSpec* time);

    /// <summary>struct timespec.</summary>
    private struct TimeSpec
    {
        internal nint Seconds;
        internal nint Nanoseconds;
    }
}
