using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>
/// statx: its structure is the same on every architecture, which that of stat is not. The kernel has it
/// since 4.11, musl by name since 1.2.5 only; before, it is called by its number.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe class LinuxStat
{
    /// <summary>Set for good once the C library turned out not to have it.</summary>
    private static volatile bool _byNumber;

    internal static int Get(
        FileDescriptor file, string path, int flags, uint mask, LinuxNative.Statx* result)
    {
        if (!_byNumber)
        {
            try
            {
                return LinuxNative.Stat(file, path, flags, mask, result);
            }
            catch (EntryPointNotFoundException)
            {
                _byNumber = true;
            }
        }

        return GetByNumber(file, path, flags, mask, result);
    }

    internal static int GetByNumber(
        FileDescriptor file, string path, int flags, uint mask, LinuxNative.Statx* result) =>
        (int)LinuxNative.StatByNumber(
            LinuxNative.StatNumber, file, path, flags, (nint)mask, result);
}
