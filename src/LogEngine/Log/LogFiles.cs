using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>A sync of a log file failed: the log is faulted, whoever asked for it.</summary>
internal sealed class SyncFailedException(Exception cause)
    : Exception("A sync of a log file failed.", cause);

/// <summary>Making, filling, recycling and removing the log's files: all of their system calls.</summary>
internal sealed class LogFiles : IDisposable
{
    private readonly GuardedDirectory _files;
    private readonly string _directory;
    private readonly Guid _storeId;
    private readonly int _alignment;
    private readonly OpenFlags _mode;
    private readonly AlignedBuffer _zeros = new(PreparedFile.MaxFillBytes);
    private ulong _nextFileNumber;

    internal LogFiles(
        GuardedDirectory files,
        string directory,
        Guid storeId,
        int alignment,
        bool direct,
        long segmentCapacity,
        ulong nextFileNumber)
    {
        _files = files;
        _directory = directory;
        _storeId = storeId;
        _alignment = alignment;
        _mode = direct ? OpenFlags.Direct : OpenFlags.Read;
        _nextFileNumber = nextFileNumber;
        SegmentCapacity = segmentCapacity;
    }

    internal long SegmentCapacity { get; }

    /// <summary>The directory that they are in.</summary>
    internal GuardedDirectory Directory => _files;

    /// <summary>A number for a file that is not a segment.</summary>
    internal ulong DrawFileNumber() => Interlocked.Increment(ref _nextFileNumber) - 1;

    internal ulong NextFileNumber => Interlocked.Read(ref _nextFileNumber);

    /// <summary>
    /// Makes a spare with space reserved up to an offset. Its name is durable on return; after a
    /// throw nothing is left of it.
    /// </summary>
    /// <exception cref="StorageFullException">The disk is full.</exception>
    /// <exception cref="SyncFailedException">A sync failed.</exception>
    internal PreparedFile Create(long capacity, long allocate)
    {
        ulong number = Interlocked.Increment(ref _nextFileNumber) - 1;
        string path = Path.Combine(_directory, FileNames.Segment(number));
        IStorageFile writer = _files.Open(path, OpenFlags.CreateNew | _mode);
        IStorageFile? filler = null;
        try
        {
            filler = _files.Open(path, OpenFlags.Write | _mode);
            PreparedFile file = new(number, path, capacity, writer, filler);
            Allocate(file, Math.Max(allocate, _alignment));
            using AlignedBuffer block = new(_alignment);
            SpareHeader.Write(block.Span, number, _storeId);
            writer.Write(block.Span, 0, dataSync: false);
            Synced(writer.DataSync);
            Synced(() => _files.SyncDirectory(_directory));
            file.PublishWrittenBefore(_alignment);
            return file;
        }
        catch
        {
            filler?.Dispose();
            writer.Dispose();
            Unlink(path);
            throw;
        }
    }


    /// <summary>Reserves space up to an offset; zeros are written where it cannot be reserved.</summary>
    internal void Allocate(PreparedFile file, long end)
    {
        long from = file.Allocated;
        if (end <= from)
        {
            return;
        }

        if (!file.Filler.Allocate(from, end - from))
        {
            for (long at = from; at < end; at += PreparedFile.MaxFillBytes)
            {
                int length = (int)Math.Min(PreparedFile.MaxFillBytes, end - at);
                file.Filler.Write(_zeros.Slice(0, length), at, dataSync: false);
            }

            Sync(file);
            file.PublishWrittenBefore(end);
        }

        file.PublishAllocated(end);
    }

    /// <summary>Writes zeros to an extent that has been begun; false where that failed.</summary>
    internal bool TryZero(PreparedFile file, long start, int length)
    {
        // Runs all the time under load, so without a closure.
        try
        {
            file.Filler.Write(_zeros.Slice(0, length), start, dataSync: false);
            return true;
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            return false;
        }
    }

    internal static void Sync(PreparedFile file)
    {
        try
        {
            file.Filler.DataSync();
        }
        catch (Exception cause) when (cause is StorageIOException or StorageFullException)
        {
            throw new SyncFailedException(cause);
        }
    }

    /// <summary>
    /// Puts the sparse index behind a sealed segment and gives its end; the segment's end where that
    /// failed. A loss is harmless, so there is no sync.
    /// </summary>
    internal long TryWriteFooter(ActiveSegment segment) =>
        TryWriteFooter(segment.View, segment.File.Filler);

    /// <summary>
    /// Cuts a recovered segment to the end its successor names, and puts its footer there.
    /// </summary>
    internal void CutRecovered(Segment segment) => Harmless(() =>
    {
        using IStorageFile file = _files.Open(segment.Path, OpenFlags.Write | _mode);
        file.SetLength(segment.ReadableEnd);
        if (segment.Index is not null && TryWriteFooter(segment, file) > segment.ReadableEnd)
        {
            segment.Index = null;
        }
    });

    /// <summary>Gives back the space behind a closed segment's content.</summary>
    internal static void TryCut(ActiveSegment segment, long end) =>
        Harmless(() => segment.File.Filler.SetLength(end));

    /// <summary>
    /// Makes a spare of a freed segment's file; null where it must be removed instead: it has
    /// another size, another name leads to it, or a read-only opener may still be in it.
    /// </summary>
    internal PreparedFile? TryRecycle(Segment segment)
    {
        if (segment.Header.Capacity != SegmentCapacity || segment.Header.Alignment != _alignment)
        {
            return null;
        }

        PreparedFile? recycled = null;
        return Harmless(() => recycled = Recycle(segment)) ? recycled : null;
    }

    /// <summary>Removes a file; where that fails it is a spare that the next open sweeps.</summary>
    internal void Unlink(string path) => Harmless(() => _files.Unlink(path));

    public void Dispose() => _zeros.Dispose();

    private long TryWriteFooter(Segment view, IStorageFile file)
    {
        long at = view.ReadableEnd;
        ReadOnlySpan<SparseEntry> entries = view.Index!.Entries;
        int length = SegmentFooter.EncodedLength(entries.Length);
        using AlignedBuffer buffer = new((int)FormatLimits.AlignUp(length, _alignment));
        SegmentFooter.Write(
            buffer.Span, view.Header.SegmentId, view.Header.Salt, at, view.LastSequence, entries);
        return Harmless(() => file.Write(buffer.Span, at, dataSync: false))
            ? at + buffer.Length
            : at;
    }

    private PreparedFile? Recycle(Segment segment)
    {
        // Whoever comes after this look reads a manifest that does not name the file any more.
        string readers = Path.Combine(_directory, FileNames.Readers);
        IFileLock? nobodyReads = _files.TryLock(readers, LockKind.Exclusive, create: true);
        if (nobodyReads is null)
        {
            return null;
        }

        nobodyReads.Dispose();

        IStorageFile writer = _files.Open(segment.Path, OpenFlags.Write | _mode);
        IStorageFile? filler = null;
        try
        {
            filler = _files.Open(segment.Path, OpenFlags.Write | _mode);
            if (writer.GetIdentity().Links == 1)
            {
                PreparedFile file = new(
                    segment.Header.FileNumber, segment.Path, SegmentCapacity, writer, filler)
                {
                    Recycled = true,
                };
                file.PublishWrittenBefore(Math.Min(segment.WrittenExtent, SegmentCapacity));
                file.PublishAllocated(file.Prepared);
                Allocate(file, SegmentCapacity);
                return file;
            }
        }
        catch
        {
            filler?.Dispose();
            writer.Dispose();
            throw;
        }

        filler.Dispose();
        writer.Dispose();
        return null;
    }

    /// <summary>Does something whose failure changes nothing but speed or space.</summary>
    private static bool Harmless(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            return false;
        }
    }

    /// <remarks>
    /// A directory is opened for its sync. Where no descriptor is left for that, no sync was tried
    /// and nothing is lost: an error as any other opening's, and no reason to fault.
    /// </remarks>
    private static void Synced(Action sync)
    {
        try
        {
            sync();
        }
        catch (StorageIOException cause) when (!Errno.IsOutOfDescriptors(cause.ErrorNumber))
        {
            throw new SyncFailedException(cause);
        }
        catch (StorageFullException cause)
        {
            throw new SyncFailedException(cause);
        }
    }
}
