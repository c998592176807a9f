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

    /// <summary>Lengths of all files in a directory.</summary>
    internal static long BytesIn(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories)
            .Sum(file => file.Length);
}
