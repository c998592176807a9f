using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Keeps glibc from giving memory back to the kernel: thousands of recoveries a second take and
/// leave the same large buffers, and page faults would be most of their time.
/// </summary>
internal static partial class NativeHeap
{
    private const int TrimThreshold = -1;
    private const int MapThreshold = -3;

    /// <summary>Everything above it stays mapped one by one.</summary>
    private const int Bytes = 1 << 30;

    [ModuleInitializer]
    internal static void Keep()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = SetOption(TrimThreshold, Bytes);
            _ = SetOption(MapThreshold, Bytes);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library: only slower.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int parameter, int value);
}
