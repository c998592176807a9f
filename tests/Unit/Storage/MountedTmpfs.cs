namespace LogEngine.Unit.Storage;

/// <summary>A small memory file system for one test, which it skips where it cannot.</summary>
internal sealed class MountedTmpfs : IDisposable
{
    private readonly TempDirectory _directory;

    internal MountedTmpfs(string options)
    {
        Tools.Require("mount", "umount");
        _directory = new TempDirectory();
        (int code, string output) = Tools.Try(
            "mount", "-t", "tmpfs", "-o", options, "tmpfs", _directory.Path);
        if (code != 0)
        {
            _directory.Dispose();
            Skip.If(true, $"no right to mount here: {output}");
        }
    }

    internal string this[string name] => _directory[name];

    internal string Path => _directory.Path;

    internal string[] Names() => _directory.Names();

    public void Dispose()
    {
        Tools.Run("umount", _directory.Path);
        _directory.Dispose();
    }
}
