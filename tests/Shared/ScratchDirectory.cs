namespace LogEngine.Tests;

/// <summary>A directory of its own under the temporary path; removed when disposed.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("logengine-").FullName;

    internal ScratchDirectory() => Path = System.IO.Path.Combine(_root, "log");

    /// <summary>A path for one log; nothing is there yet.</summary>
    internal string Path { get; }

    /// <summary>Another path beside it.</summary>
    internal string Sibling(string name) => System.IO.Path.Combine(_root, name);

    /// <summary>A path of a file in the log's directory.</summary>
    internal string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The log's files with a segment's name, in order of their numbers.</summary>
    internal string[] SegmentFiles() =>
        [.. Directory.GetFiles(Path, "*.seg").Order(StringComparer.Ordinal)];

    /// <summary>
    /// Copies the log's files as they are now, as if its process had been killed.
    /// </summary>
    internal string CopyTo(string name)
    {
        string target = Sibling(name);
        CopyFiles(Path, target);
        return target;
    }

    internal static void CopyFiles(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from))
        {
            CopyFile(file, System.IO.Path.Combine(to, System.IO.Path.GetFileName(file)));
        }
    }

    private static void CopyFile(string from, string to)
    {
        if (System.IO.Path.GetFileName(from) is "LOCK" or "READERS")
        {
            // Empty, and held: the framework's own copy would ask for the lock.
            System.IO.File.Create(to).Dispose();
            return;
        }

        try
        {
            System.IO.File.Copy(from, to, overwrite: true);
        }
        catch (FileNotFoundException)
        {
            // The writer removed it since the listing.
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
