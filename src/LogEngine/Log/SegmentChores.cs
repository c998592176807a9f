namespace LogEngine.Log;

/// <summary>
/// What is left to do with segments that are no longer written: footers, cuts, recycling, removal.
/// Handed in by anybody, done by the preparer's worker.
/// </summary>
internal sealed class SegmentChores(LogFiles files, SparePool spares, CommitNews news)
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Queue<ActiveSegment> _toFinish = new();
    private readonly Queue<Segment> _toCut = new();
    private readonly Queue<Segment> _freed = new();
    private readonly Queue<string> _toRemove = new();

    /// <summary>A segment is complete: its footer is to be written and its file closed.</summary>
    internal void Finish(ActiveSegment segment) => Add(_toFinish, segment);

    /// <summary>A recovered segment's named end is durable: what lies behind it may go.</summary>
    internal void Cut(Segment segment) => Add(_toCut, segment);

    /// <summary>A segment is no longer live and no reader is in it.</summary>
    internal void Free(Segment segment) => Add(_freed, segment);

    /// <summary>A file found at the start holds nothing live.</summary>
    internal void Remove(string path) => Add(_toRemove, path);

    /// <summary>Does one thing; false where there is nothing to do.</summary>
    /// <param name="recycle">Whether freed files may become spares.</param>
    /// <param name="recycled">Whether there is one spare more.</param>
    internal bool TryDoOne(bool recycle, out bool recycled)
    {
        recycled = false;
        if (TryTake(_toFinish) is { } segment)
        {
            FinishNow(segment);
            segment.File.Dispose();
            news.TellFilled(segment.View);
            return true;
        }

        if (TryTake(_toCut) is { } cut)
        {
            files.CutRecovered(cut);
            return true;
        }

        if (TryTake(_toRemove) is { } path)
        {
            files.Unlink(path);
            return true;
        }

        if (TryTake(_freed) is not { } freed)
        {
            return false;
        }

        if (recycle && spares.Wants(freed.WrittenExtent) && files.TryRecycle(freed) is { } spare)
        {
            spares.AddRecycled(spare);
            recycled = true;
        }
        else
        {
            files.Unlink(freed.Path);
        }

        return true;
    }

    /// <summary>Puts the footer behind a complete segment; gives the end of the file's content.</summary>
    internal long FinishNow(ActiveSegment segment)
    {
        segment.View.WrittenExtent = Math.Max(segment.File.Prepared, segment.View.ReadableEnd);
        long end = files.TryWriteFooter(segment);
        if (end > segment.View.ReadableEnd)
        {
            segment.View.Index = null;
        }

        return end;
    }

    /// <summary>Closes what would have been finished, and changes nothing on disk.</summary>
    internal void Abandon()
    {
        while (TryTake(_toFinish) is { } segment)
        {
            segment.File.Dispose();
        }
    }

    private void Add<T>(Queue<T> queue, T item)
    {
        lock (_gate)
        {
            queue.Enqueue(item);
        }
    }

    private T? TryTake<T>(Queue<T> queue)
        where T : class
    {
        lock (_gate)
        {
            return queue.TryDequeue(out T? item) ? item : null;
        }
    }
}
