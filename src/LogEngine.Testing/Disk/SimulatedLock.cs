using LogEngine.Storage;

namespace LogEngine.Testing.Disk;

/// <summary>A held lock of a simulated disk.</summary>
internal sealed class SimulatedLock(
    SimulatedFileSystem disk, LockState state, LockKind kind, FileIdentity identity) : IFileLock
{
    private readonly int _life = disk.Life;
    private bool _released;

    public FileIdentity Identity { get; } = identity;

    public void Dispose()
    {
        if (!_released && _life == disk.Life)
        {
            state.Release(kind == LockKind.Exclusive);
        }

        _released = true;
    }
}
