using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Engine;

/// <summary>
/// A file that only takes space. It is a spare that is no segment's next one: an open finds its spare
/// header and removes it. Its loss is harmless, so nothing of it is synced.
/// </summary>
/// <remarks>Not thread-safe: <see cref="SpaceReserve"/> holds its gate.</remarks>
internal sealed class ReservedFile(IFileSystem files, string directory, IStoreFiles store)
{
    private string? _path;
    private long _bytes;

    /// <summary>It is there.</summary>
    internal bool IsKept => _path is not null;

    /// <summary>Makes it so large at least; false where the disk has no space for that.</summary>
    /// <param name="bytes">Bytes it takes.</param>
    /// <param name="besides">Bytes that must be free besides for it to be made anew.</param>
    internal bool TryKeep(long bytes, long besides)
    {
        if (_path is not null && _bytes >= bytes)
        {
            return true;
        }

        if (_path is null ? !TryCreate(bytes, besides) : !TryGrow(_path, bytes))
        {
            return false;
        }

        _bytes = bytes;
        return true;
    }

    /// <summary>Gives the space up; true if there is any now that there was not before.</summary>
    internal bool GiveUp()
    {
        bool freed = _path is not null && TryRemove(_path);
        _path = null;
        _bytes = 0;
        return freed;
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
        }

        TryRemove(path);
        return false;
    }

    /// <summary>Makes it larger; where that fails it stays what it is.</summary>
    private bool TryGrow(string path, long bytes)
    {
        try
        {
            using IStorageFile file = files.Open(path, OpenFlags.Write);
            return file.Allocate(0, bytes);
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
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
            return false;
        }
    }
}
