using LogEngine.Storage;

namespace LogEngine.Testing.Disk;

/// <summary>A held directory of a simulated disk: while a call of it runs, its path leads to it.</summary>
internal sealed class SimulatedHeldDirectory(
    SimulatedFileSystem disk, string path, SimDirectory held) : IHeldDirectory
{
    public string HeldPath => path;

    internal SimDirectory Held => held;

    public FileIdentity GetIdentity()
    {
        disk.Enter(OperationKinds.Look, "identify", path);
        return SimulatedFileSystem.Identity(held);
    }

    public FileIdentity? TryIdentifyPath() => disk.TryIdentify(path);

    public IDisposable Share() => NoShare.Instance;

    /// <summary>A directory's own name is durable when it is made, as in the whole of the model.</summary>
    public void SyncParent()
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            disk.SyncDirectory(parent);
        }
    }

    public bool DirectoryExists(string path) => Do(f => f.DirectoryExists(path));

    public FileIdentity? TryIdentify(string path) => Do(f => f.TryIdentify(path));

    public IHeldDirectory Hold(string directory) => Do(f => f.Hold(directory));

    public void CreateDirectory(string path) => Do(f =>
    {
        f.CreateDirectory(path);
        return true;
    });

    public IReadOnlyList<string> ListFiles(string directory) => Do(f => f.ListFiles(directory));

    public IStorageFile Open(string path, OpenFlags flags) => Do(f => f.Open(path, flags));

    public void Rename(string source, string target) => Do(f =>
    {
        f.Rename(source, target);
        return true;
    });

    public bool Unlink(string path) => Do(f => f.Unlink(path));

    public void KeepAccess(string of, IStorageFile on) => disk.KeepAccess(of, on);

    public void SyncDirectory(string path) => Do(f =>
    {
        f.SyncDirectory(path);
        return true;
    });

    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        Do(f => f.TryLock(path, kind, create));

    public bool? IsLockedExclusively(string path) => Do(f => f.IsLockedExclusively(path));

    public StorageFacts Probe(string directory, bool tryDirect) =>
        Do(f => f.Probe(directory, tryDirect));

    public void Dispose()
    {
    }

    private T Do<T>(Func<SimulatedFileSystem, T> call) => disk.Within(this, call);
}
