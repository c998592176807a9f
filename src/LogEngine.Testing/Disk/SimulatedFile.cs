using LogEngine.Storage;

namespace LogEngine.Testing.Disk;

/// <summary>An open file of a simulated disk.</summary>
internal sealed class SimulatedFile(
    SimulatedFileSystem disk, SimInode inode, string path, OpenFlags flags) : IStorageFile
{
    private readonly int _life = disk.Life;
    private readonly Dictionary<long, WrittenBytes> _announced = [];
    private bool _closed;

    public string Path { get; } = path;

    public bool IsDirect { get; } = flags.HasFlag(OpenFlags.Direct);

    public FileIdentity GetIdentity()
    {
        Enter(OperationKinds.Look, "identify", 0, 0);
        return disk.Identity(inode);
    }

    public long GetLength()
    {
        Enter(OperationKinds.Look, "length of", 0, 0);
        return inode.Cached.Length;
    }

    public int Read(Span<byte> buffer, long offset)
    {
        RequireAligned(offset, buffer.Length);
        Enter(OperationKinds.Read, "read", offset, buffer.Length);
        return inode.Read(buffer, offset, IsDirect);
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync)
    {
        RequireAligned(offset, bytes.Length);
        string operation = dataSync ? "write+sync" : "write";
        PlannedFault? fault = Enter(OperationKinds.Write, operation, offset, bytes.Length);
        RequireWritable("write", Errno.BadDescriptor);
        if (fault is { Lies: true })
        {
            WriteElsewhere(bytes, offset, fault);
            if (!fault.AlsoInPlace)
            {
                return;
            }
        }
        else if (fault is not null)
        {
            int written = Math.Min(fault.BytesWritten, bytes.Length);
            WritePart(bytes[..written], offset);
            throw disk.Failure("write", Path, fault.ErrorNumber);
        }

        long missing = disk.CapacityPages == long.MaxValue
            ? 0
            : inode.MissingPages(offset, bytes.Length) - disk.FreePages();
        if (missing > 0)
        {
            long room = bytes.Length - (missing * SimPage.Size);
            WritePart(bytes[..(int)Math.Max(0, room)], offset);
            throw disk.Failure("write", Path, Errno.NoSpace);
        }

        if (_announced.Remove(offset, out WrittenBytes? announced))
        {
            inode.Begin(announced);
        }
        else
        {
            inode.Write(bytes, offset, disk.Trace.Operations);
        }

        if (dataSync && IsDirect)
        {
            // The machine may die within the call too: then any part of it is there.
            disk.BeforeChange?.Invoke(disk);
            inode.SyncRange(offset, bytes.Length);
        }
        else if (dataSync)
        {
            DataSync();
        }
    }

    public void Announce(ReadOnlySpan<byte> bytes, long offset)
    {
        RequireAligned(offset, bytes.Length);
        if (_closed || _life != disk.Life)
        {
            // The write itself will say so.
            return;
        }

        disk.Trace.Note("announce", Path, offset, bytes.Length);
        _announced[offset] = inode.Announce(bytes, offset, disk.Trace.Operations);
    }

    public void DataSync()
    {
        PlannedFault? fault = Enter(OperationKinds.DataSync, "sync", 0, 0);
        if (fault is null)
        {
            inode.SyncAll();
            return;
        }

        if (fault.Lies)
        {
            return;
        }

        if (fault.LosesPages)
        {
            inode.LosePending();
        }

        throw disk.Failure("sync", Path, fault.ErrorNumber);
    }

    public void SetLength(long length)
    {
        Enter(OperationKinds.SetLength, "set length of", length, 0);
        RequireWritable("set length of", Errno.Invalid);
        inode.SetLength(length, disk.Trace.Operations);
    }

    public bool Allocate(long offset, long length)
    {
        Enter(OperationKinds.Allocate, "allocate", offset, length);
        RequireWritable("allocate", Errno.BadDescriptor);
        if (disk.CapacityPages != long.MaxValue
            && inode.MissingPages(offset, length) > disk.FreePages())
        {
            throw disk.Failure("allocate", Path, Errno.NoSpace);
        }

        inode.Reserve(offset, length);
        inode.Grow(offset + length, disk.Trace.Operations);
        return true;
    }

    public void DropCache()
    {
        Enter(OperationKinds.Look, "drop cache of", 0, 0);
        inode.DropCache();
    }

    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            disk.NoteClosed(Path, _life);
        }
    }

    /// <summary>A disk that puts a write in another place, and keeps it there.</summary>
    private void WriteElsewhere(ReadOnlySpan<byte> bytes, long offset, PlannedFault lie)
    {
        long place = offset + lie.MisplacedBy;
        if (lie.MisplacedBy != 0 && place >= 0)
        {
            inode.Write(bytes, place, disk.Trace.Operations);
            inode.SyncRange(place, bytes.Length);
        }
    }

    private void WritePart(ReadOnlySpan<byte> bytes, long offset)
    {
        if (!bytes.IsEmpty)
        {
            inode.Write(bytes, offset, disk.Trace.Operations);
        }
    }

    private PlannedFault? Enter(OperationKinds kind, string operation, long offset, long length)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return _life == disk.Life
            ? disk.Enter(kind, operation, Path, offset, length)
            : throw new StorageIOException(
                operation, Path, Errno.Io, "The simulated process that opened it is dead");
    }

    private void RequireWritable(string operation, int errorNumber)
    {
        if (!flags.HasFlag(OpenFlags.Write))
        {
            throw disk.Failure(operation, Path, errorNumber);
        }
    }

    private void RequireAligned(long offset, int length)
    {
        if (IsDirect && ((offset | (uint)length) & (disk.Facts.DirectAlignment - 1)) != 0)
        {
            throw disk.Failure("access", Path, Errno.Invalid);
        }
    }
}
