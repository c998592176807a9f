using LogEngine.Format;
using Microsoft.Extensions.Logging;

namespace LogEngine.Log;

/// <summary>
/// Keeps the commit path free of everything but its one write: fills blocks with zeros ahead of it,
/// has the next file ready, puts footers behind sealed segments, recycles freed ones.
/// </summary>
/// <remarks>
/// One worker does all of it, a small step at a time, the most urgent first. Its allocations and
/// zero writes may fail without harm; a sync that fails, of any log file, faults the log.
/// </remarks>
internal sealed partial class Preparer
{
    /// <summary>Prepared ahead at least; also the step of allocation, and of syncs.</summary>
    internal const int MinAheadBytes = 1 << 20;

    private readonly Lock _gate = new();
    private readonly LogFiles _files;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly int _maxSpares;
    private readonly int _groupCap;

    // Guarded by _gate.
    private readonly List<PreparedFile> _spares = [];
    private readonly Queue<ActiveSegment> _toFinish = new();
    private readonly Queue<Segment> _toCut = new();
    private readonly Queue<Segment> _freed = new();
    private readonly Queue<string> _toRemove = new();

    /// <summary>The file whose groups are being filled; null once it is complete.</summary>
    private PreparedFile? _active;
    private PreparedFile? _demandFile;

    /// <summary>The file that the worker is writing zeros to.</summary>
    private PreparedFile? _filling;
    private long _demandEnd;
    private bool _spareWanted;

    // Commit role writes, the worker reads.
    private long _tail;
    private long _bytesWritten;

    /// <summary>Tail at which the committer wakes the worker.</summary>
    private long _wakeAt;

    // The worker's own.
    private long _rateBytes;
    private long _rateSince;
    private double _bytesPerSecond;
    private bool _paused;
    private bool _closing;

    private Committer? _committer;
    private IWorker? _worker;

    internal Preparer(
        LogFiles files,
        WriteAheadLogOptions options,
        ILogger logger,
        PreparedFile active,
        int groupCap)
    {
        _files = files;
        _time = options.TimeProvider;
        _logger = logger;
        _maxSpares = options.SpareSegments;
        _groupCap = groupCap;
        _active = active;
        _rateSince = _time.GetTimestamp();
    }

    internal int SpareCount
    {
        get
        {
            lock (_gate)
            {
                return _spares.Count;
            }
        }
    }

    internal void Start(Committer committer, IScheduler scheduler)
    {
        _committer = committer;
        _worker = scheduler.StartWorker("LogEngine preparer", Step);
    }

    internal Task StopAsync() => _worker?.StopAsync() ?? Task.CompletedTask;

    // ------------------------------------------------------------ called by the commit path

    /// <summary>A ready file for the next segment; null, with one asked for, where there is none.</summary>
    internal PreparedFile? TryTakeSpare()
    {
        PreparedFile? spare = null;
        lock (_gate)
        {
            if (_spares.Count > 0)
            {
                spare = BestSpare_NeedsLock();
                _spares.Remove(spare);
                _active = spare;
                _demandFile = null;
                Volatile.Write(ref _tail, 0);
            }
            else
            {
                _spareWanted = true;
            }
        }

        _worker?.Wake();
        return spare;
    }

    /// <summary>A spare that was taken and not written to.</summary>
    internal void GiveBack(PreparedFile file)
    {
        lock (_gate)
        {
            _spares.Add(file);
            if (ReferenceEquals(_active, file))
            {
                _active = null;
            }
        }
    }

    /// <summary>Somebody waits for space in that file up to an offset.</summary>
    internal void Demand(PreparedFile file, long end)
    {
        lock (_gate)
        {
            _demandFile = file;
            _demandEnd = Math.Min(end, file.Capacity);
        }

        _worker?.Wake();
    }

    /// <summary>A group was written. Commit role.</summary>
    internal void NoteWritten(PreparedFile file, int bytes, long end)
    {
        Volatile.Write(ref _bytesWritten, _bytesWritten + bytes);
        if (!ReferenceEquals(file, Volatile.Read(ref _active)))
        {
            // The next group goes to another file already.
            return;
        }

        Volatile.Write(ref _tail, end);
        if (end >= Volatile.Read(ref _wakeAt))
        {
            Volatile.Write(ref _wakeAt, long.MaxValue);
            _worker?.Wake();
        }
    }

    /// <summary>A segment is complete: its footer is to be written and its file closed.</summary>
    internal void Finish(ActiveSegment segment)
    {
        lock (_gate)
        {
            _toFinish.Enqueue(segment);
            if (ReferenceEquals(_active, segment.File))
            {
                _active = null;
            }

            if (ReferenceEquals(_demandFile, segment.File))
            {
                _demandFile = null;
            }
        }

        _worker?.Wake();
    }

    /// <summary>A recovered segment's named end is durable: what lies behind it may go.</summary>
    internal void Cut(Segment segment)
    {
        lock (_gate)
        {
            _toCut.Enqueue(segment);
        }

        _worker?.Wake();
    }

    /// <summary>Files found at the start that hold nothing live.</summary>
    internal void Remove(IEnumerable<string> paths)
    {
        lock (_gate)
        {
            foreach (string path in paths)
            {
                _toRemove.Enqueue(path);
            }
        }

        _worker?.Wake();
    }

    /// <summary>A segment is no longer live and no reader is in it.</summary>
    internal void Free(Segment segment)
    {
        lock (_gate)
        {
            _freed.Enqueue(segment);
        }

        _worker?.Wake();
    }

    /// <summary>Makes a file for one group, all of its space reserved; gives up spares for it.</summary>
    internal PreparedFile CreateAlone(long capacity)
    {
        try
        {
            return _files.Create(capacity, capacity);
        }
        catch (StorageFullException) when (GiveUpSpares())
        {
            return _files.Create(capacity, capacity);
        }
    }

    /// <summary>Removes a file that was made and is not needed.</summary>
    internal void Discard(PreparedFile file)
    {
        file.Dispose();
        _files.Unlink(file.Path);
    }

    /// <summary>Finishes what is sealed and gives up the spares; the worker has stopped.</summary>
    internal void CloseClean(ActiveSegment active)
    {
        _closing = true;
        while (FinishOrFree())
        {
        }

        LogFiles.TryCut(active, FinishSegment(active));
        active.File.Dispose();
        GiveUpSpares();
    }

    /// <summary>Lets go of all files and changes nothing more; the worker has stopped.</summary>
    internal void CloseFaulted()
    {
        while (TryTake(_toFinish) is { } segment)
        {
            segment.File.Dispose();
        }

        foreach (PreparedFile spare in _spares)
        {
            spare.Dispose();
        }
    }

    // ------------------------------------------------------------ the worker

    /// <summary>One small piece of work; false when there is none.</summary>
    internal bool Step()
    {
        if (_committer!.IsFaulted)
        {
            return false;
        }

        try
        {
            return FinishOrFree() || MeetDemand() || MakeSpare() || FillAhead();
        }
        catch (Exception cause)
        {
            _committer.Fail(cause is SyncFailedException failed ? failed.InnerException! : cause);
            return false;
        }
    }

    private bool FinishOrFree()
    {
        if (TryTake(_toFinish) is { } segment)
        {
            FinishSegment(segment);
            segment.File.Dispose();
            return true;
        }

        if (TryTake(_toCut) is { } cut)
        {
            _files.CutRecovered(cut);
            return true;
        }

        if (TryTake(_toRemove) is { } path)
        {
            _files.Unlink(path);
            return true;
        }

        if (TryTake(_freed) is { } freed)
        {
            RecycleOrUnlink(freed);
            return true;
        }

        return false;
    }

    /// <summary>Somebody waits: reserves the space asked for, or refuses.</summary>
    private bool MeetDemand()
    {
        PreparedFile? file;
        long end;
        lock (_gate)
        {
            file = _demandFile;
            end = _demandEnd;
            _demandFile = null;
        }

        if (file is null)
        {
            return false;
        }

        _paused = false;
        Exception? refused = null;
        if (file.Allocated < end)
        {
            refused = TryAllocate(file, RoundUp(end, file.Capacity), urgent: true);
        }

        Answer(refused);
        return true;
    }

    /// <summary>Has the next file ready before the active one is full, and more at a high rate.</summary>
    private bool MakeSpare()
    {
        bool wanted;
        int ready;
        lock (_gate)
        {
            wanted = _spareWanted;
            ready = _spares.Count;
            _spareWanted = false;
        }

        if (ready > 0)
        {
            if (wanted)
            {
                Answer(null);
            }

            return wanted;
        }

        if (!wanted && (_paused || !NearEnd()))
        {
            return false;
        }

        Exception? refused = TryAddSpare(urgent: wanted);
        if (wanted)
        {
            Answer(refused);
        }

        return true;
    }

    /// <summary>Fills zeros ahead of the tail: in the active file, then in spares.</summary>
    private bool FillAhead()
    {
        MeasureRate();
        long tail = Volatile.Read(ref _tail);
        if (Volatile.Read(ref _active) is not { } active)
        {
            return false;
        }

        long ahead = Math.Max(MinAheadBytes, (long)_bytesPerSecond);
        if (!_paused
            && (FillGuarded(active, tail + ahead) || FillSpares(ahead - (active.Capacity - tail))))
        {
            return true;
        }

        // Half of what is ahead may be used up before the next look.
        long fillAgain = active.Prepared >= active.Capacity
            ? long.MaxValue
            : active.Prepared - (Math.Min(ahead, active.Capacity) / 2);
        long spareAgain = SpareCount > 0 ? long.MaxValue : active.Capacity - NearEndBytes(active);
        Volatile.Write(ref _wakeAt, _paused ? long.MaxValue : Math.Min(fillAgain, spareAgain));

        // The tail may have passed that while it was computed.
        return !_paused && Volatile.Read(ref _tail) >= Volatile.Read(ref _wakeAt)
            && tail != Volatile.Read(ref _tail);
    }

    /// <summary>Fills what the active file has no room for into spares; makes more of them.</summary>
    private bool FillSpares(long left)
    {
        for (int i = 0; left > 0; i++)
        {
            PreparedFile? spare;
            lock (_gate)
            {
                spare = i < _spares.Count ? _spares[i] : null;
            }

            if (spare is null)
            {
                if (i >= _maxSpares)
                {
                    return false;
                }

                TryAddSpare(urgent: false);
                return true;
            }

            if (FillGuarded(spare, left))
            {
                return true;
            }

            left -= spare.Capacity;
        }

        return false;
    }

    /// <summary>Fills a file that nobody may close meanwhile, whatever becomes of it.</summary>
    private bool FillGuarded(PreparedFile file, long upTo)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(file, _active) && !_spares.Contains(file))
            {
                return false;
            }

            _filling = file;
        }

        try
        {
            return FillOne(file, upTo);
        }
        finally
        {
            lock (_gate)
            {
                _filling = null;
            }
        }
    }

    /// <summary>One zero write, or the sync that makes some of them count; false when done.</summary>
    private bool FillOne(PreparedFile file, long upTo)
    {
        upTo = RoundUp(upTo, file.Capacity);
        if (file.Prepared >= upTo)
        {
            return false;
        }

        if (file.Allocated < upTo
            && TryAllocate(file, upTo, urgent: false) is not null)
        {
            _paused = true;
            return true;
        }

        if (file.UnsyncedFill < MinAheadBytes
            && file.TryBeginFill(upTo, out long start, out int length))
        {
            bool filled = false;
            try
            {
                filled = _files.TryZero(file, start, length);
            }
            finally
            {
                file.EndFill(filled);
            }

            _paused = !filled;
            return true;
        }

        if (file.UnsyncedFill == 0)
        {
            // What is left below belongs to the committer.
            return false;
        }

        LogFiles.Sync(file);
        file.PublishFilled();
        return true;
    }

    /// <summary>Puts the footer behind a complete segment; gives the end of the file's content.</summary>
    private long FinishSegment(ActiveSegment segment)
    {
        segment.View.WrittenExtent = Math.Max(segment.File.Prepared, segment.View.ReadableEnd);
        long end = _files.TryWriteFooter(segment);
        if (end > segment.View.ReadableEnd)
        {
            segment.View.Index = null;
        }

        return end;
    }

    private void RecycleOrUnlink(Segment segment)
    {
        bool room;
        lock (_gate)
        {
            room = _spares.Count < _maxSpares && !_closing;
        }

        if (room && _files.TryRecycle(segment) is { } file)
        {
            AddSpare(file);
            return;
        }

        _files.Unlink(segment.Path);
    }

    private void AddSpare(PreparedFile file)
    {
        _paused = false;
        lock (_gate)
        {
            _spares.Add(file);
        }

        Answer(null);
    }

    /// <summary>The one with the most prepared blocks.</summary>
    private PreparedFile BestSpare_NeedsLock()
    {
        PreparedFile best = _spares[0];
        foreach (PreparedFile spare in _spares)
        {
            best = spare.Prepared > best.Prepared ? spare : best;
        }

        return best;
    }

    /// <summary>Reserves space; on a full disk, if somebody waits, gives up the spares for it.</summary>
    private Exception? TryAllocate(PreparedFile file, long end, bool urgent)
    {
        try
        {
            _files.Allocate(file, end);
            return null;
        }
        catch (StorageFullException) when (urgent && GiveUpSpares())
        {
            return TryAllocate(file, end, urgent: false);
        }
        catch (Exception refused) when (refused is StorageFullException or StorageIOException)
        {
            return refused;
        }
    }

    private Exception? TryAddSpare(bool urgent)
    {
        try
        {
            long capacity = _files.SegmentCapacity;
            AddSpare(_files.Create(capacity, Math.Min(capacity, MinAheadBytes)));
            return null;
        }
        catch (StorageFullException) when (urgent && GiveUpSpares())
        {
            return TryAddSpare(urgent: false);
        }
        catch (Exception refused) when (refused is StorageFullException or StorageIOException)
        {
            _paused = true;
            return refused;
        }
    }

    /// <summary>Removes the spares, for the space they take; false if there were none.</summary>
    internal bool GiveUpSpares()
    {
        List<PreparedFile> spares;
        lock (_gate)
        {
            // Not the one that the worker is writing to just now.
            spares = _spares.FindAll(spare => !ReferenceEquals(spare, _filling));
            _spares.RemoveAll(spares.Contains);
        }

        foreach (PreparedFile spare in spares)
        {
            Discard(spare);
        }

        return spares.Count > 0;
    }

    private void Answer(Exception? refused)
    {
        if (refused is null)
        {
            _committer?.RoomMade();
        }
        else
        {
            LogRefused(refused);
            _committer?.RoomRefused(refused);
        }
    }

    private void MeasureRate()
    {
        TimeSpan elapsed = _time.GetElapsedTime(_rateSince);
        if (elapsed < TimeSpan.FromMilliseconds(100))
        {
            return;
        }

        long bytes = Volatile.Read(ref _bytesWritten);
        double rate = (bytes - _rateBytes) / elapsed.TotalSeconds;
        _bytesPerSecond = elapsed > TimeSpan.FromSeconds(1)
            ? rate
            : (_bytesPerSecond + rate) / 2;
        _rateBytes = bytes;
        _rateSince = _time.GetTimestamp();
    }

    private bool NearEnd() => Volatile.Read(ref _active) is not { } active
        || active.Capacity - Volatile.Read(ref _tail) <= NearEndBytes(active);

    /// <summary>Room in the active file at which the next one must be ready.</summary>
    private long NearEndBytes(PreparedFile active) => Math.Max(
        Math.Min(active.Capacity / 4, 16L << 20),
        Math.Min((long)_bytesPerSecond + (2L * _groupCap), active.Capacity / 2));

    private T? TryTake<T>(Queue<T> queue)
        where T : class
    {
        lock (_gate)
        {
            return queue.TryDequeue(out T? item) ? item : null;
        }
    }

    private static long RoundUp(long end, long capacity) =>
        Math.Min(capacity, FormatLimits.AlignUp(end, MinAheadBytes));

    [LoggerMessage(1, LogLevel.Warning, "No space prepared for the log; appends may be refused.")]
    private partial void LogRefused(Exception reason);
}
