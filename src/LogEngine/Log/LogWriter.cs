using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace LogEngine.Log;

/// <summary>The parts of a log that is open for writing, put together; and how they end.</summary>
internal sealed class LogWriter
{
    private readonly LogCounters _counters;
    private readonly LogFiles _files;
    private readonly Preparer _preparer;
    private readonly SegmentChain _chain;
    private readonly GroupWriter _writer;
    private readonly CommitQueue _queue;
    private readonly AdmissionLine _line;
    private readonly LogFault _fault;
    private readonly Committer _committer;
    private readonly IScheduler _scheduler;

    internal LogWriter(
        LogEnvironment environment,
        WriteAheadLogOptions options,
        string directory,
        LogStart start,
        IGroupObserver? observer,
        ILogger logger)
    {
        _scheduler = environment.Scheduler;
        long last = start.Header.FirstSequence - 1;
        ActiveSegment active = new(start.Header, start.File) { HeaderWritten = true };
        ImmutableArray<Segment> all = [.. start.Segments, active.View];
        _files = start.Files;
        _counters = new LogCounters();
        View = new LogView(directory, new SegmentMap(all, start.Header.LowWaterSequence), last)
        {
            ReadsPastCache = start.File.Writer.IsDirect,
            Fault = () => _fault!.Current,
        };
        _preparer = new Preparer(
            _files, options, new CommitNews(logger, directory), start.File, start.GroupCap);
        _chain = new SegmentChain(
            View,
            _counters,
            _preparer,
            options.TimeProvider,
            environment.NextRandom,
            active,
            start.GroupCap);
        _writer = new GroupWriter(
            View,
            _counters,
            _preparer,
            options.TimeProvider,
            _files.Directory,
            active);
        FlightGauge? gauge = _scheduler.IsConcurrent && options.GroupsInFlight > 1
            ? new FlightGauge(options.GroupsInFlight)
            : null;
        _queue = new CommitQueue(
            View,
            _counters,
            _chain,
            last + 1,
            options.GroupsInFlight,
            gauge,
            _writer.IsTooOldToGrow);
        CommitThreads threads = new(_queue, _scheduler);
        _line = new AdmissionLine(_queue, _counters, threads, _scheduler);
        _fault = new LogFault(_queue, View, _scheduler, _preparer.NoteFault);
        CommitParts parts = PartsOf(threads, gauge, options, observer);
        CommitRole role = new(parts);
        _committer = new Committer(parts, role);
        Appender = new Appender(parts, role, _committer);
    }

    private CommitParts PartsOf(
        CommitThreads threads,
        FlightGauge? gauge,
        WriteAheadLogOptions options,
        IGroupObserver? observer) => new()
        {
            View = View,
            Queue = _queue,
            Line = _line,
            Threads = threads,
            Writer = _writer,
            Fault = _fault,
            Idle = new IdleWork(options.TimeProvider, options.MaxUnsyncedAge, threads.WakeOne),
            Gathering = new Gathering(_queue, _scheduler),
            Gauge = gauge,
            Preparer = _preparer,
            Scheduler = _scheduler,
            Observer = observer,
        };

    internal LogView View { get; }

    internal Appender Appender { get; }

    /// <summary>Told that appends were refused on a full disk; must only note it.</summary>
    internal Action? Refused
    {
        set => _line.Refused = value;
    }

    internal Committer Committer => _committer;

    internal Preparer Preparer => _preparer;

    internal LogFiles Files => _files;

    /// <summary>Numbers of the running log; read without a lock, a moment behind.</summary>
    internal LogCounters Counters => _counters;

    internal int GroupCap => _chain.GroupCap;

    internal long LastSequence
    {
        get
        {
            lock (_queue.Gate)
            {
                return _queue.NextSequence - 1;
            }
        }
    }

    internal ulong NextSegmentId
    {
        get
        {
            lock (_queue.Gate)
            {
                return _chain.NextSegmentId;
            }
        }
    }

    internal LogStatistics Statistics
    {
        get
        {
            lock (_queue.Gate)
            {
                return new LogStatistics
                {
                    RecordsAppended = _counters.RecordsAppended,
                    PayloadBytes = _counters.PayloadBytes,
                    GroupsWritten = Volatile.Read(ref _counters.GroupsWritten),
                    BytesWritten = Volatile.Read(ref _counters.BytesWritten),
                    Syncs = Volatile.Read(ref _counters.Syncs),
                    SyncTime = TimeSpan.FromTicks(Volatile.Read(ref _counters.SyncTicks)),
                    UnpreparedGroups = Volatile.Read(ref _counters.UnpreparedGroups),
                    BackPressureWaits = _counters.BackPressureWaits,
                    SegmentsStarted = _counters.SegmentsStarted,
                    SegmentsRecycled = _counters.SegmentsRecycled,
                    Segments = View.Map.Segments.Length,
                    SpareSegments = _preparer.SpareCount,
                };
            }
        }
    }

    internal void Start()
    {
        _preparer.Start(_line, _fault, _scheduler);
        _committer.Start();
    }

    /// <summary>Completes once a sequence that was given is durable; forces the sync.</summary>
    internal ValueTask WaitDurableAsync(long sequence, CancellationToken cancellationToken)
    {
        if (sequence <= View.Durable)
        {
            return ValueTask.CompletedTask;
        }

        Task wait = _scheduler.Until(_committer.WaitDurableAsync(sequence));
        return new ValueTask(wait.IsCompleted ? wait : wait.WaitAsync(cancellationToken));
    }

    /// <summary>
    /// Drains, syncs and seals, ends the threads and lets go of the files. The fault is what it
    /// throws, after everything has been let go of.
    /// </summary>
    internal async Task CloseAsync()
    {
        StorageFaultedException? fault = null;
        try
        {
            await _scheduler.Until(_committer.DrainAndSealAsync()).ConfigureAwait(false);
        }
        catch (StorageFaultedException caught)
        {
            fault = caught;
        }

        await _committer.StopAsync().ConfigureAwait(false);
        await _preparer.StopAsync().ConfigureAwait(false);
        _chain.Current.View.Seal();
        if (fault is null)
        {
            _preparer.CloseClean(_chain.Current);
        }
        else
        {
            _preparer.CloseFaulted();
            _writer.Segment.File.Dispose();
            _chain.Current.File.Dispose();
        }

        FreeBuffers();
        if (fault is not null)
        {
            throw fault;
        }
    }

    /// <summary>Once nothing runs any more: closed, or in a simulated process that has died.</summary>
    internal void FreeBuffers()
    {
        _queue.Dispose();
        _committer.Dispose();
        _files.Dispose();
    }

    /// <summary>Whether a fault has been shown to a caller.</summary>
    internal bool FaultReported
    {
        get
        {
            lock (_queue.Gate)
            {
                return _queue.FaultReported;
            }
        }
    }
}
