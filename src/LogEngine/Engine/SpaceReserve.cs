using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Engine;

/// <summary>
/// Disk space kept back for what frees space: on a full disk it is given up, and only deletes,
/// relocations and snapshots may use it, until there is enough space to keep it back again.
/// </summary>
/// <remarks>
/// A file of zeros with a segment's name, which an open takes for a spare and removes. Its loss is
/// harmless, so nothing of it is synced. Changed by one thing at a time; the flag is read by anybody.
/// </remarks>
internal sealed class SpaceReserve(IFileSystem files, string directory, IStoreFiles store)
{
    private readonly Lock _gate = new();
    private volatile bool _inUse;
    private string? _path;
    private long _bytes;

    /// <summary>
    /// The disk is full, and what is left is for what frees space: other writes are refused.
    /// </summary>
    internal bool IsInUse => _inUse;

    /// <summary>Keeps back at least so many bytes, if the disk has them; then writes go on.</summary>
    internal void Ensure(long bytes)
    {
        lock (_gate)
        {
            if (_bytes >= bytes && _path is not null)
            {
                return;
            }

            string path = _path ?? Path.Combine(
                directory, FileNames.Segment(store.DrawFileNumber()));
            if (TryAllocate(path, isNew: _path is null, bytes))
            {
                _path = path;
                _bytes = bytes;
                _inUse = false;
            }
        }
    }

    /// <summary>
    /// Gives the space up; true if there is any now that there was not before.
    /// </summary>
    internal bool TryUse()
    {
        lock (_gate)
        {
            if (_path is null)
            {
                return false;
            }

            // First: nobody else shall take what becomes free.
            _inUse = true;
            bool freed = TryRemove(_path);
            _path = null;
            _bytes = 0;
            return freed;
        }
    }

    /// <summary>The engine is closed: nobody needs it any more.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            if (_path is not null)
            {
                TryRemove(_path);
                _path = null;
            }
        }
    }

    private bool TryAllocate(string path, bool isNew, long bytes)
    {
        try
        {
            using IStorageFile file = files.Open(
                path, isNew ? OpenFlags.CreateNew : OpenFlags.Write);
            if (file.Allocate(0, bytes))
            {
                return true;
            }
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            // No space to keep back; the one at hand, if any, stays what it is.
            _ = error;
        }

        if (isNew)
        {
            TryRemove(path);
        }

        return false;
    }

    private bool TryRemove(string path)
    {
        try
        {
            return files.Unlink(path);
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            // The next open removes it.
            _ = error;
            return false;
        }
    }
}
