using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Engine;

/// <summary>
/// Disk space kept back for what frees space: on a full disk it is given up, and only deletes,
/// relocations and snapshots may use it, until there is enough space to keep it back again.
/// </summary>
/// <remarks>
/// A spare file that is no segment's next one: an open finds its spare header and removes it. Its loss
/// is harmless, so nothing of it is synced. Thread-safe.
/// </remarks>
internal sealed class SpaceReserve(
    IFileSystem files, string directory, IStoreFiles store, ILogger logger)
{
    private readonly Lock _gate = new();
    private volatile bool _inUse;
    private string? _path;
    private long _bytes;

    /// <summary>Told of each write that is refused because of it; must only note it.</summary>
    internal Action? Refused { get; set; }

    /// <summary>Compacts out of what is left; set by who can.</summary>
    internal Func<Task>? Compact { get; set; }

    /// <summary>
    /// The disk is full, and what is left is for what frees space: other writes are refused.
    /// </summary>
    internal bool IsInUse => _inUse;

    /// <summary>Keeps back at least so many bytes, if the disk has them; then writes go on.</summary>
    /// <param name="bytes">Bytes to keep back.</param>
    /// <param name="besides">
    /// Bytes that must be free besides while it is in use: what was given up a moment ago must not be
    /// taken back before anybody had it.
    /// </param>
    internal void Ensure(long bytes, long besides)
    {
        bool over = false;
        lock (_gate)
        {
            if (_bytes >= bytes && _path is not null)
            {
                return;
            }

            if (_path is null
                ? TryCreate(bytes, _inUse ? besides : 0)
                : TryAllocate(_path, bytes))
            {
                _bytes = bytes;
                over = _inUse;
                _inUse = false;
            }
        }

        if (over)
        {
            LogEvents.ReserveKept(logger);
        }
    }

    /// <summary>
    /// Gives the space up; true if there is any now that there was not before.
    /// </summary>
    internal bool TryUse()
    {
        bool freed;
        lock (_gate)
        {
            if (_path is null)
            {
                return false;
            }

            // First: nobody else shall take what becomes free.
            _inUse = true;
            freed = TryRemove(_path);
            _path = null;
            _bytes = 0;
        }

        LogEvents.ReserveGivenUp(logger);
        return freed;
    }

    /// <summary>
    /// Completes when compaction has had a turn; that it could not do anything is no error here.
    /// </summary>
    internal async Task MakeSpaceAsync()
    {
        try
        {
            await (Compact?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StorageFullException or StorageIOException
            or CorruptionException or OperationCanceledException)
        {
            // Whoever waits for space tries again, and says what it meets.
            _ = error;
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

    private bool TryCreate(long bytes, long besides)
    {
        ulong number = store.DrawFileNumber();
        string path = Path.Combine(directory, FileNames.Segment(number));
        try
        {
            using IStorageFile file = files.Open(path, OpenFlags.CreateNew);
            byte[] header = new byte[FormatLimits.MinAlignment];
            SpareHeader.Write(header, number, store.StoreId);
            file.Write(header, 0, dataSync: false);
            if (file.Allocate(0, bytes + besides))
            {
                if (besides > 0)
                {
                    file.SetLength(bytes);
                }

                _path = path;
                return true;
            }
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            // No space to keep back.
            _ = error;
        }

        TryRemove(path);
        return false;
    }

    /// <summary>Makes it larger; where that fails it stays what it is.</summary>
    private bool TryAllocate(string path, long bytes)
    {
        try
        {
            using IStorageFile file = files.Open(path, OpenFlags.Write);
            return file.Allocate(0, bytes);
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            _ = error;
            return false;
        }
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
