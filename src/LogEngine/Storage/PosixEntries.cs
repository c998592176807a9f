using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace LogEngine.Storage;

/// <summary>The entries of an open directory.</summary>
/// <remarks>
/// The framework lists by path only, which may lead elsewhere by now. struct dirent is the same on
/// every 64-bit Linux; macOS has one field more before the name.
/// </remarks>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal static unsafe class PosixEntries
{
    private const byte RegularFile = 8;
    private const byte SymbolicLink = 10;
    private const byte Unknown = 0;

    /// <summary>
    /// Names of all entries that are regular files, or may be: a link, or where the system did not say.
    /// </summary>
    internal static List<(string Name, bool IsCertain)> List(PosixPlace place)
    {
        nint entries = Open(place);
        try
        {
            List<(string, bool)> found = [];
            int typeAt = OperatingSystem.IsMacOS() ? 20 : 18;
            byte* entry;
            while ((entry = Next(entries, place)) is not null)
            {
                byte type = entry[typeAt];
                if (type is RegularFile or SymbolicLink or Unknown)
                {
                    ReadOnlySpan<byte> name =
                        MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + typeAt + 1);
                    found.Add((Encoding.UTF8.GetString(name), type == RegularFile));
                }
            }

            return found;
        }
        finally
        {
            // Nothing was written through it that could be lost.
            _ = PosixNative.CloseEntries(entries);
        }
    }

    private static nint Open(PosixPlace place)
    {
        using FileDescriptor directory = Posix.OpenDirectory(place);
        int number = (int)directory.DangerousGetHandle();
        nint entries = OperatingSystem.IsMacOS()
            ? MacNative.OpenEntries(number)
            : OperatingSystem.IsLinux()
                ? LinuxNative.OpenEntries(number)
                : throw new PlatformNotSupportedException();
        if (entries == 0)
        {
            throw Posix.LastError("list", place.Path);
        }

        directory.Disown();
        return entries;
    }

    /// <summary>Null at the end, which only an error number of zero says.</summary>
    private static byte* Next(nint entries, PosixPlace place)
    {
        while (true)
        {
            byte* entry = OperatingSystem.IsMacOS()
                ? MacNative.NextEntry(entries)
                : OperatingSystem.IsLinux()
                    ? LinuxNative.NextEntry(entries)
                    : throw new PlatformNotSupportedException();
            if (entry is not null || Posix.Error == 0)
            {
                return entry;
            }

            Posix.ThrowUnlessInterrupted("list", place.Path);
        }
    }
}
