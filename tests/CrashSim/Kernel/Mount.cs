namespace LogEngine.CrashSim.Kernel;

/// <summary>A mounted file system; disposing unmounts it, whatever state it is in.</summary>
internal sealed class Mount : IDisposable
{
    private const int Tries = 50;

    private bool _mounted = true;

    private Mount(string path) => Path = path;

    internal string Path { get; }

    internal string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Mounts; the directory is made where it is missing.</summary>
    /// <param name="path">Where.</param>
    /// <param name="arguments">What, and how, in the words of mount(8).</param>
    internal static Mount At(string path, params string[] arguments)
    {
        Directory.CreateDirectory(path);
        Tools.Run("mount", [.. arguments, path]);
        return new Mount(path);
    }

    /// <summary>A file system in memory.</summary>
    internal static Mount Memory(string path, string size) =>
        At(path, "-t", "tmpfs", "-o", $"size={size}", "tmpfs");

    /// <summary>
    /// What a power cut leaves: from now on nothing reaches the device, and what is only in memory
    /// is lost with the unmount.
    /// </summary>
    /// <param name="flushJournal">Whether the journal is written first.</param>
    internal void CutPower(bool flushJournal = false) => Tools.Run(
        "xfs_io", "-x", "-c", flushJournal ? "shutdown -f" : "shutdown", Path);

    /// <summary>Unmounts; a process that is just ending may still hold it for a moment.</summary>
    internal void Unmount()
    {
        for (int i = 0; _mounted; i++)
        {
            (int code, string output) = Tools.Try("umount", Path);
            _mounted = code != 0;
            if (_mounted && i == Tries)
            {
                throw new InvalidOperationException(output);
            }
        }
    }

    public void Dispose()
    {
        if (!_mounted)
        {
            return;
        }

        if (Tools.Try("umount", Path).Code != 0)
        {
            // A test failed with files open: detached now, gone when they close.
            Tools.Run("umount", "-l", Path);
        }

        _mounted = false;
    }
}
