using LogEngine.Storage;

namespace LogEngine.Testing.Disk;

/// <summary>A held lock of a simulated disk.</summary>
internal sealed class SimulatedLock(
    SimulatedFileSystem disk, LockState state, LockKind kind, SimInode inode, bool isNew)
    : IFileLock
{
    private readonly int _life = disk.Life;
    private bool _released;

    public bool IsNew { get; } = isNew;

    public FileIdentity GetIdentity()
    {
        disk.Enter(OperationKinds.Look, "identify", FileNames.Lock);
        return disk.Identity(inode);
    }

    public void Dispose()
    {
        if (!_released && _life == disk.Life)
        {
            state.Release(kind == LockKind.Exclusive);
        }

        _released = true;
    }
}
