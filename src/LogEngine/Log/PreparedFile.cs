using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>
/// A log file that is written, or waits to be: which of its blocks are prepared, and who may write
/// where.
/// </summary>
/// <remarks>
/// <para>
/// Committer and preparer write the same file at the same time. They share one lock, held for a few
/// instructions: the committer claims a range before it writes it, and waits for a zero write in
/// flight there; the preparer starts zero writes only behind everything claimed. So no zero write
/// can land on a group.
/// </para>
/// <para>
/// Invariant: every block below <see cref="Prepared"/> has been written and synced, or lies below
/// the committer's claim. Every block below <see cref="Allocated"/> has disk space of its own.
/// </para>
/// </remarks>
internal sealed class PreparedFile : IDisposable
{
    /// <summary>Most bytes of one zero write: what a committer may have to wait for.</summary>
    internal const int MaxFillBytes = 256 << 10;

    private readonly object _claims = new();

    // Guarded by _claims; prepared and allocated are read without it, and only grow.
    private long _prepared;
    private long _allocated;
    private long _claimedEnd;
    private long _filledEnd;
    private long _fillStart;
    private long _fillEnd;

    internal PreparedFile(
        ulong fileNumber, string path, long capacity, IStorageFile writer, IStorageFile filler)
    {
        FileNumber = fileNumber;
        Path = path;
        Capacity = capacity;
        Writer = writer;
        Filler = filler;
    }

    internal ulong FileNumber { get; }

    internal string Path { get; }

    /// <summary>Length the file may grow to.</summary>
    internal long Capacity { get; }

    /// <summary>The committer's file description.</summary>
    internal IStorageFile Writer { get; }

    /// <summary>
    /// The committer's way through the page cache, of a file that is written past it otherwise; null
    /// until it is needed. The commit role's own.
    /// </summary>
    internal IStorageFile? Cached { get; set; }

    /// <summary>
    /// The preparer's own file description: each has its own memory of failed syncs, so neither can
    /// take away the other's error.
    /// </summary>
    internal IStorageFile Filler { get; }

    /// <summary>Whether it held a segment of this instance before.</summary>
    internal bool Recycled { get; init; }

    internal long Prepared => Volatile.Read(ref _prepared);

    internal long Allocated => Volatile.Read(ref _allocated);

    /// <summary>How far zeros have been written but not synced. Preparer only.</summary>
    internal long UnsyncedFill => _filledEnd - _prepared;

    /// <summary>Says that disk space is reserved up to an offset. Preparer only.</summary>
    internal void PublishAllocated(long end)
    {
        lock (_claims)
        {
            Volatile.Write(ref _allocated, Math.Max(_allocated, end));
        }
    }

    /// <summary>
    /// Claims a range for the committer, for good. True if all of it is prepared, so that a
    /// data-sync write changes no metadata.
    /// </summary>
    internal bool ClaimForCommit(long start, long end)
    {
        if (end <= Prepared)
        {
            return true;
        }

        lock (_claims)
        {
            _claimedEnd = Math.Max(_claimedEnd, end);
            while (_fillStart < end && _fillEnd > start)
            {
                Monitor.Wait(_claims);
            }
        }

        return false;
    }

    /// <summary>
    /// Takes the next extent to fill with zeros, up to an offset; false if there is none. Preparer
    /// only; after true <see cref="EndFill"/> follows, whatever happens.
    /// </summary>
    internal bool TryBeginFill(long upTo, out long start, out int length)
    {
        lock (_claims)
        {
            start = Math.Max(_filledEnd, _claimedEnd);
            length = (int)Math.Clamp(Math.Min(upTo, _allocated) - start, 0, MaxFillBytes);
            if (length == 0)
            {
                // Nothing in flight, and nobody who would end it.
                return false;
            }

            _fillStart = start;
            _fillEnd = start + length;
            return true;
        }
    }

    /// <summary>The zero write is over. Preparer only.</summary>
    internal void EndFill(bool written)
    {
        lock (_claims)
        {
            if (written)
            {
                _filledEnd = Math.Max(_filledEnd, _fillEnd);
            }

            _fillStart = 0;
            _fillEnd = 0;
            Monitor.PulseAll(_claims);
        }
    }

    /// <summary>What has been filled is synced now. Preparer only.</summary>
    internal void PublishFilled()
    {
        lock (_claims)
        {
            Volatile.Write(ref _prepared, Math.Max(_prepared, _filledEnd));
        }
    }

    /// <summary>Says of a file not yet in use that its blocks have all been written before.</summary>
    internal void PublishWrittenBefore(long end)
    {
        lock (_claims)
        {
            end = end / FormatLimits.MinAlignment * FormatLimits.MinAlignment;
            _filledEnd = Math.Max(_filledEnd, end);
            Volatile.Write(ref _prepared, Math.Max(_prepared, end));
        }
    }

    public void Dispose()
    {
        Writer.Dispose();
        Filler.Dispose();
        Cached?.Dispose();
    }
}
