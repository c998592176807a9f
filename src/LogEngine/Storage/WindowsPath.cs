using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>Paths as Windows takes them whatever their length.</summary>
internal static class WindowsPath
{
    private const string Verbatim = @"\\?\";

    /// <summary>
    /// The full path with the prefix that says 'as it is': without it a path ends at 260 characters, unless
    /// both the machine and the program have asked for more.
    /// </summary>
    internal static string Of(string path) => Prefixed(Path.GetFullPath(path));

    /// <summary>The prefix before a full path that has none.</summary>
    internal static string Prefixed(string full)
    {
        if (full.StartsWith(Verbatim, StringComparison.Ordinal)
            || full.StartsWith(@"\\.\", StringComparison.Ordinal))
        {
            return full;
        }

        return full.StartsWith(@"\\", StringComparison.Ordinal)
            ? string.Concat(Verbatim, @"UNC\", full.AsSpan(2))
            : Verbatim + full;
    }

    /// <summary>
    /// Where an open directory is, without links and junctions on the way; the parent of that is above it,
    /// while '..' in a path is taken off its text.
    /// </summary>
    [SupportedOSPlatform("windows")]
    internal static unsafe string OfHandle(SafeFileHandle directory, string path)
    {
        Span<char> found = stackalloc char[512];
        while (true)
        {
            uint length;
            fixed (char* start = found)
            {
                length = WindowsNative.GetFinalPath(directory, start, (uint)found.Length, 0);
            }

            if (length == 0)
            {
                throw WindowsError.Last("find the place of", path);
            }

            if (length < found.Length)
            {
                return found[..(int)length].ToString();
            }

            found = new char[length + 1];
        }
    }
}
