namespace LogEngine.Log;

/// <summary>
/// Keeps the commit path free of everything but its one write: blocks are filled with zeros ahead of
/// it, and the next file is ready.
/// </summary>
/// <remarks>
/// One worker does all of it, a small step at a time, the most urgent first: what old segments leave to
/// do (<see cref="SegmentChores"/>), space that somebody waits for, the next file, and blocks ahead
/// (<see cref="ZeroFiller"/>). This class says when; a sync that fails, of any log file, faults the
/// log.
/// </remarks>
internal sealed class Preparer
{
    private readonly Lock _gate = new();
    private readonly LogFiles _files;
    private readonly SparePool _spares;
    private readonly SegmentChores _chores;
    private readonly ZeroFiller _filler;
    private readonly WriteRate _rate;
    private readonly CommitNews _news;
    private readonly int _maxSpares;
    private readonly int _groupCap;

    // Guarded by _gate.

    /// <summary>The file whose groups are being filled; null once it is complete.</summary>
    private PreparedFile? _active;
    private PreparedFile? _demandFile;
    private long _demandEnd;
    private bool _spareWanted;

    /// <summary>End of the last group in the active file; commit role writes, the worker reads.</summary>
    private long _tail;

    /// <summary>Tail at which the committer wakes the worker.</summary>
    private long _wakeAt;

    private AdmissionLine? _line;
    private LogFault? _fault;
    private IWorker? _worker;

    internal Preparer(
        LogFiles files,
        WriteAheadLogOptions options,
        CommitNews news,
        PreparedFile active,
        int groupCap)
    {
        _files = files;
        _spares = new SparePool(files, options.SpareSegments);
        _chores = new SegmentChores(files, _spares, news);
        _filler = new ZeroFiller(files, _spares);
        _rate = new WriteRate(options.TimeProvider);
        _news = news;
        _maxSpares = options.SpareSegments;
        _groupCap = groupCap;
        _active = active;
    }

    internal int SpareCount => _spares.Count;

    /// <summary>Starts the worker.</summary>
    /// <param name="line">Told what became of space that somebody waits for.</param>
    /// <param name="fault">Set by a sync that fails.</param>
    /// <param name="scheduler">Runs it.</param>
    internal void Start(AdmissionLine line, LogFault fault, IScheduler scheduler)
    {
        _line = line;
        _fault = fault;
        _worker = scheduler.StartWorker("LogEngine preparer", Step);
    }

    internal Task StopAsync() => _worker?.StopAsync() ?? Task.CompletedTask;

    // ------------------------------------------------------------ called by the commit path

    /// <summary>A ready file for the next segment; null, with one asked for, where there is none.</summary>
    internal PreparedFile? TryTakeSpare()
    {
        PreparedFile? spare = _spares.TryTake();
        lock (_gate)
        {
            _spareWanted |= spare is null;
            if (spare is not null)
            {
                _active = spare;
                _demandFile = null;
                Volatile.Write(ref _tail, 0);
            }
        }

        _worker?.Wake();
        return spare;
    }

    /// <summary>A spare that was taken and not written to.</summary>
    internal void GiveBack(PreparedFile file)
    {
        ForgetFile(file);
        _spares.Add(file);
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
    /// <param name="file">Where to.</param>
    /// <param name="bytes">Bytes that it added to the file.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="durable">Whether somebody waited for the disk.</param>
    internal void NoteWritten(PreparedFile file, int bytes, long end, bool durable)
    {
        _rate.Add(bytes);
        if (_filler.NoteWritten(durable))
        {
            _worker?.Wake();
        }

        if (!IsActive(file))
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

    /// <summary>A sync of the log took so long. Commit role.</summary>
    internal void NoteSync(TimeSpan took)
    {
        if (_news.NoteSync(took))
        {
            _worker?.Wake();
        }
    }

    /// <summary>The log is faulted; nothing but that is left to tell.</summary>
    internal void NoteFault(Exception fault)
    {
        _news.NoteFault(fault);
        if (_news.IsHeard)
        {
            _worker?.Wake();
        }
    }

    /// <inheritdoc cref="SegmentChores.Finish"/>
    internal void Finish(ActiveSegment segment)
    {
        ForgetFile(segment.File);
        _chores.Finish(segment);
        _worker?.Wake();
    }

    /// <inheritdoc cref="SegmentChores.Cut"/>
    internal void Cut(Segment segment)
    {
        _chores.Cut(segment);
        _worker?.Wake();
    }

    /// <inheritdoc cref="SegmentChores.Remove"/>
    internal void Remove(string path)
    {
        _chores.Remove(path);
        _worker?.Wake();
    }

    /// <inheritdoc cref="SegmentChores.Free"/>
    internal void Free(Segment segment)
    {
        _chores.Free(segment);
        _worker?.Wake();
    }

    /// <summary>Makes a file for one group, all of its space reserved; gives up spares for it.</summary>
    internal PreparedFile CreateAlone(long capacity)
    {
        try
        {
            return _files.Create(capacity, capacity);
        }
        catch (StorageFullException) when (_spares.GiveUp())
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

    /// <inheritdoc cref="SparePool.GiveUp"/>
    internal bool GiveUpSpares() => _spares.GiveUp();

    /// <summary>Finishes what is sealed and gives up the spares; the worker has stopped.</summary>
    internal void CloseClean(ActiveSegment active)
    {
        _news.Tell();
        while (_chores.TryDoOne(recycle: false, out _))
        {
        }

        LogFiles.TryCut(active, _chores.FinishNow(active));
        active.File.Dispose();
        _spares.GiveUp();
    }

    /// <summary>Lets go of all files and changes nothing more; the worker has stopped.</summary>
    internal void CloseFaulted()
    {
        _news.Tell();
        _chores.Abandon();
        _spares.Close();
    }

    // ------------------------------------------------------------ the worker

    /// <summary>One small piece of work; false when there is none.</summary>
    internal bool Step()
    {
        _news.Tell();
        if (_fault!.IsSet)
        {
            return false;
        }

        try
        {
            return DoChore() || MeetDemand() || MakeSpare() || FillAhead();
        }
        catch (Exception cause)
        {
            _fault.Set(cause is SyncFailedException failed ? failed.InnerException! : cause);
            return false;
        }
    }

    private bool DoChore()
    {
        bool done = _chores.TryDoOne(recycle: true, out bool recycled);
        if (recycled)
        {
            _filler.IsPaused = false;
            Answer(null);
        }

        return done;
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

        _filler.IsPaused = false;
        Answer(file.Allocated >= end ? null : _filler.TryAllocateNow(file, end));
        return true;
    }

    /// <summary>Has the next file ready before the active one is full.</summary>
    private bool MakeSpare()
    {
        bool wanted;
        lock (_gate)
        {
            wanted = _spareWanted;
            _spareWanted = false;
        }

        if (_spares.Count > 0)
        {
            if (wanted)
            {
                Answer(null);
            }

            return wanted;
        }

        if (!wanted && (_filler.IsPaused || !NearEnd()))
        {
            return false;
        }

        Exception? refused = TryAddSpare();
        if (wanted && refused is not null)
        {
            Answer(refused);
        }

        return true;
    }

    /// <summary>Fills zeros ahead of the tail: in the active file, then in spares.</summary>
    private bool FillAhead()
    {
        _rate.Measure();
        long tail = Volatile.Read(ref _tail);
        if (Volatile.Read(ref _active) is not { } active)
        {
            return false;
        }

        long ahead = Math.Max(ZeroFiller.MinAheadBytes, (long)_rate.BytesPerSecond);
        if (!_filler.IsPaused
            && (_filler.TryFill(active, IsActive(active), tail + ahead)
                || FillSpares((long)_rate.BytesPerSecond - (active.Capacity - tail))))
        {
            return true;
        }

        // Half of what is ahead may be used up before the next look.
        long reached = _filler.ReadyEnd(active);
        long fillAgain = reached >= active.Capacity
            ? long.MaxValue
            : reached - (Math.Min(ahead, active.Capacity) / 2);
        long spareAgain = _spares.Count > 0
            ? long.MaxValue
            : active.Capacity - NearEndBytes(active);
        Volatile.Write(ref _wakeAt, _filler.IsPaused ? long.MaxValue : Math.Min(fillAgain, spareAgain));

        // The tail may have passed that while it was computed.
        return !_filler.IsPaused && Volatile.Read(ref _tail) >= Volatile.Read(ref _wakeAt)
            && tail != Volatile.Read(ref _tail);
    }

    /// <summary>Fills what the active file has no room for into spares; makes more of them.</summary>
    private bool FillSpares(long left)
    {
        for (int i = 0; left > 0 && i < _maxSpares; i++)
        {
            if (_spares.At(i) is not { } spare)
            {
                TryAddSpare();
                return true;
            }

            if (_filler.TryFill(spare, IsActive(spare), left))
            {
                return true;
            }

            left -= spare.Capacity;
        }

        return false;
    }

    /// <summary>Makes a spare; there is none to give up where one is urgent.</summary>
    private Exception? TryAddSpare()
    {
        try
        {
            long capacity = _files.SegmentCapacity;
            _spares.Add(_files.Create(capacity, Math.Min(capacity, ZeroFiller.MinAheadBytes)));
            _filler.IsPaused = false;
            Answer(null);
            return null;
        }
        catch (Exception refused) when (refused is StorageFullException
            or (StorageIOException and not DirectoryLostException))
        {
            _filler.IsPaused = true;
            return refused;
        }
    }

    private void Answer(Exception? refused)
    {
        _news.TellRoom(refused);
        if (refused is null)
        {
            _line!.RoomMade();
        }
        else
        {
            _line!.RoomRefused(refused);
        }
    }

    /// <summary>A file is complete or was given back: nothing more is to be prepared in it.</summary>
    private void ForgetFile(PreparedFile file)
    {
        lock (_gate)
        {
            _active = ReferenceEquals(_active, file) ? null : _active;
            _demandFile = ReferenceEquals(_demandFile, file) ? null : _demandFile;
        }
    }

    /// <summary>Looked at anew each time: files are taken and given back meanwhile.</summary>
    private bool IsActive(PreparedFile file) => ReferenceEquals(file, Volatile.Read(ref _active));

    private bool NearEnd() => Volatile.Read(ref _active) is not { } active
        || active.Capacity - Volatile.Read(ref _tail) <= NearEndBytes(active);

    /// <summary>Room in the active file at which the next one must be ready.</summary>
    private long NearEndBytes(PreparedFile active) => Math.Max(
        Math.Min(active.Capacity / 4, 16L << 20),
        Math.Min((long)_rate.BytesPerSecond + (2L * _groupCap), active.Capacity / 2));
}
