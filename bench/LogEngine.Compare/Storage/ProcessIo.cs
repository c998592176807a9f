using System.Globalization;

namespace LogEngine.Compare.Storage;

/// <summary>What this process has written, and what is on disk.</summary>
internal static class ProcessIo
{
    /// <summary>
    /// Bytes that this process caused to be written to devices, by the kernel's count; 0 where it
    /// keeps none.
    /// </summary>
    internal static long BytesWritten()
    {
        const string Field = "write_bytes: ";
        const string File = "/proc/self/io";
        string? line = System.IO.File.Exists(File)
            ? System.IO.File.ReadLines(File).FirstOrDefault(
                text => text.StartsWith(Field, StringComparison.Ordinal))
            : null;
        return line is null ? 0 : long.Parse(line[Field.Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Bytes that the files of a directory take on disk, space kept back for them included; their
    /// lengths where the system does not say.
    /// </summary>
    internal static unsafe long DiskBytesIn(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return BytesIn(directory);
        }

        const int StatusBytes = 256;
        const int BlocksAt = 48;
        byte* status = stackalloc byte[StatusBytes];
        long blocks = 0;
        foreach (string file in Directory.EnumerateFiles(
            directory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
        {
            // One that has gone meanwhile takes nothing.
            if (LinuxCalls.StatusOf(0, file, 0, LinuxCalls.BlocksWanted, status) == 0)
            {
                blocks += *(long*)(status + BlocksAt);
            }
        }

        return blocks * 512;
    }

    /// <summary>Lengths of all files in a directory.</summary>
    internal static long BytesIn(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(file => file.Length);
}
