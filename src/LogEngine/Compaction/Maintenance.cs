using LogEngine.Engine;
using LogEngine.Log;
using Microsoft.Extensions.Logging;

namespace LogEngine.Compaction;

/// <summary>
/// What goes on beside reading and writing: snapshots by budget, compaction by dead bytes, freeing,
/// and the same on demand. One thing at a time; it never blocks a reader or a writer.
/// </summary>
/// <remarks>
/// A failure here degrades: it is shown in the statistics and tried again with the next snapshot
/// that is due. It never faults the engine, which a failing log file does by itself.
/// </remarks>
internal sealed partial class Maintenance : IThreadPoolWorkItem
{
    /// <summary>File bytes that count as much as one byte of payload, for the budget.</summary>
    private const int FileBytesPerPayloadByte = 4;

    /// <summary>On a full disk a pass is asked for by refusals, not more often than that.</summary>
    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(50);

    private readonly StorageEngineOptions _options;
    private readonly LogWriter _log;
    private readonly CommittedIndex _state;
    private readonly EngineWriter _writer;
    private readonly IStoreFiles _store;
    private readonly IScheduler _scheduler;
    private readonly ILogger _logger;
    private readonly SnapshotKeeper _snapshots;
    private readonly SpaceReserve _reserve;

    /// <summary>Returns when everybody who reads at the call has done so.</summary>
    private readonly Action _waitForReaders;
    private readonly Relocator _relocator;
    private readonly SerialTasks _serial = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Sets of chunks that a crash left without a value.</summary>
    private IReadOnlyList<long> _orphans;

    // Where the log stood at the last snapshot; and at the last look for garbage.
    private long _payloadAtSnapshot;
    private long _bytesAtSnapshot;
    private long _segmentsAtLook;

    /// <summary>Writes were refused for want of space since the last pass.</summary>
    private volatile bool _wasFull;
    private long _lastFull;

    /// <summary>1 while a background pass is queued or running.</summary>
    private int _queued;
    private long _freed;
    private volatile string? _failure;

    internal Maintenance(
        StorageEngineOptions options,
        LogEnvironment environment,
        LogWriter log,
        CommittedIndex state,
        EngineWriter writer,
        IStoreFiles store,
        SnapshotKeeper snapshots,
        SpaceReserve reserve,
        Action waitForReaders,
        IReadOnlyList<long> orphanedChunkSets,
        int groupCap,
        ILogger logger)
    {
        _options = options;
        _log = log;
        _state = state;
        _writer = writer;
        _store = store;
        _scheduler = environment.Scheduler;
        _snapshots = snapshots;
        _reserve = reserve;
        _waitForReaders = waitForReaders;
        _orphans = orphanedChunkSets;
        _logger = logger;
        _relocator = new Relocator(environment, log, state, options.TimeProvider, groupCap);
    }

    internal SnapshotKeeper Snapshots => _snapshots;

    internal long RelocatedBytes => _relocator.RelocatedBytes;

    internal long SegmentsFreed => Interlocked.Read(ref _freed);

    /// <summary>What went wrong last; null while it is well.</summary>
    internal string? Failure => _failure;

    /// <summary>Begins to follow the log.</summary>
    internal void Start()
    {
        _state.Advanced = NoteAdvance;
        _log.Committer.Refused = NoteFull;
        _reserve.Refused = NoteFull;
        _reserve.Compact = () => _serial.RunAsync(async () =>
        {
            await MakeSpaceAsync(_stopping.Token).ConfigureAwait(false);
            return true;
        });
        if (_orphans.Count > 0 || _log.View.Map.Segments.Length > 1)
        {
            Request();
        }
    }

    /// <summary>Ends after the present step. Nothing runs any more on return.</summary>
    internal async Task StopAsync()
    {
        _state.Advanced = null;
        _log.Committer.Refused = null;
        _reserve.Refused = null;
        _reserve.Compact = null;

        // In place, not on a thread of the pool: what it ends goes on here.
        await _scheduler.Run(
            () =>
            {
                _stopping.Cancel();
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
        await _scheduler.Until(_serial.RunAsync(() => Task.FromResult(true)))
            .ConfigureAwait(false);
        _reserve.Close();
    }

    /// <summary>Writes a snapshot now.</summary>
    internal Task<long> SnapshotAsync(CancellationToken cancellationToken) =>
        RunForCallerAsync(
            () => WriteSnapshotAsync(force: false, cancellationToken), cancellationToken);

    /// <summary>Compacts everything that holds dead bytes, and frees it.</summary>
    internal Task<long> CompactAsync(
        IProgress<CompactionProgress>? progress, CancellationToken cancellationToken) =>
        RunForCallerAsync(() => CompactAllAsync(progress, cancellationToken), cancellationToken);

    /// <summary>
    /// Work that a caller asked for. None begins once the engine closes, since nobody would wait for
    /// it before memory is freed; and a compaction that closing has ended says so.
    /// </summary>
    private async Task<long> RunForCallerAsync(
        Func<Task<long>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await _serial.RunAsync(() => _stopping.IsCancellationRequested
                ? throw new ObjectDisposedException(nameof(StorageEngine))
                : work()).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested
            && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(StorageEngine));
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = RunInBackgroundAsync();

    /// <summary>Called by the committer after each group: only looks at a few numbers.</summary>
    private void NoteAdvance()
    {
        if (SnapshotIsDue()
            || _log.Counters.SegmentsStarted != _segmentsAtLook
            || _reserve.IsInUse)
        {
            Request();
        }
    }

    /// <summary>A write was refused for want of space: maybe there is some by now.</summary>
    private void NoteFull()
    {
        long now = _options.TimeProvider.GetTimestamp();
        long last = Interlocked.Read(ref _lastFull);
        if (!_wasFull
            && (last == 0 || _options.TimeProvider.GetElapsedTime(last, now) >= FullPause))
        {
            Interlocked.Exchange(ref _lastFull, now);
            _wasFull = true;
            Request();
        }
    }

    private void Request()
    {
        if (Interlocked.Exchange(ref _queued, 1) == 0)
        {
            _scheduler.Queue(this);
        }
    }

    private bool SnapshotIsDue()
    {
        long budget = Math.Max(_options.SnapshotBudgetBytes, _snapshots.Newest.Bytes);
        return _log.Counters.PayloadBytes - Volatile.Read(ref _payloadAtSnapshot) >= budget
            || (_log.Counters.BytesWritten - Volatile.Read(ref _bytesAtSnapshot))
                / FileBytesPerPayloadByte >= budget;
    }

    private async Task RunInBackgroundAsync()
    {
        try
        {
            await _serial.RunAsync(RunPassAsync).ConfigureAwait(false);
            _failure = null;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Closing.
        }
        catch (Exception error)
        {
            // Whatever it was: reading and writing go on, and the statistics say it.
            _failure = error.Message;
            LogFailure(_logger, error);
        }
        finally
        {
            Volatile.Write(ref _queued, 0);
        }
    }

    private async Task<bool> RunPassAsync()
    {
        CancellationToken token = _stopping.Token;
        token.ThrowIfCancellationRequested();
        _segmentsAtLook = _log.Counters.SegmentsStarted;
        if (_wasFull || _reserve.IsInUse)
        {
            _wasFull = false;
            await MakeSpaceAsync(token).ConfigureAwait(false);
        }

        await SweepOrphansAsync().ConfigureAwait(false);
        if (SnapshotIsDue())
        {
            await WriteSnapshotAsync(force: false, token).ConfigureAwait(false);
        }

        await FreeAsync().ConfigureAwait(false);
        KeepBack();
        while (Garbage.Choose(_state.Slots, _options.CompactionThreshold) is { } slot)
        {
            await RelocateAsync(slot, PauseAsync, token).ConfigureAwait(false);
            if (SnapshotIsDue())
            {
                await WriteSnapshotAsync(force: false, token).ConfigureAwait(false);
                await FreeAsync().ConfigureAwait(false);
            }
        }

        return true;
    }

    /// <summary>
    /// The disk is full: frees what is dead, then compacts step by step, each step out of what the
    /// one before has freed. Other writes are refused until the reserve is kept back again.
    /// </summary>
    private async Task MakeSpaceAsync(CancellationToken token)
    {
        KeepBack();
        long dead = Garbage.All(_state.Slots).Sum(s => s.Segment.ReadableEnd - s.LiveBytes);
        if (dead < _options.SegmentSizeBytes || !(_reserve.IsInUse || _reserve.TryUse()))
        {
            return;
        }

        bool moved;
        do
        {
            // First what needs no move at all.
            await LetGoAsync(token).ConfigureAwait(false);
            await FreeAsync().ConfigureAwait(false);
            KeepBack();
            moved = _reserve.IsInUse && await MoveSomeAsync(token).ConfigureAwait(false);
        }
        while (moved);
    }

    /// <summary>
    /// Compacts the deadest segments, as many as half a segment has room for; false if there was
    /// none, or no room.
    /// </summary>
    private async Task<bool> MoveSomeAsync(CancellationToken token)
    {
        long room = _options.SegmentSizeBytes / 2;
        bool any = false;
        foreach (SegmentSlot slot in Garbage.All(_state.Slots).Where(s => s.LiveRecords > 0))
        {
            long bytes = slot.LiveBytes;
            if (any && bytes > room)
            {
                break;
            }

            try
            {
                await RelocateAsync(slot, static _ => Task.CompletedTask, token)
                    .ConfigureAwait(false);
            }
            catch (StorageFullException) when (any)
            {
                // Those before it can be freed.
                break;
            }

            room -= bytes;
            any = true;
        }

        return any;
    }

    /// <summary>
    /// Two segments and a snapshot, once there is more than one segment: what it takes to compact.
    /// </summary>
    private void KeepBack()
    {
        if (_log.View.Map.Segments.Length > 1)
        {
            long snapshot = _snapshots.Newest.Bytes;
            _reserve.Ensure((2 * _options.SegmentSizeBytes) + snapshot + (snapshot / 4));
        }
    }

    /// <summary>
    /// As many new snapshots as are retained: none of them points into what was compacted.
    /// </summary>
    private async Task LetGoAsync(CancellationToken token)
    {
        for (int i = 0; i < _options.RetainedSnapshots; i++)
        {
            await WriteSnapshotAsync(force: true, token).ConfigureAwait(false);
        }
    }

    private async Task SweepOrphansAsync()
    {
        foreach (long set in _orphans)
        {
            await _scheduler.Until(_writer.Chunks.DropAsync(set).AsTask()).ConfigureAwait(false);
        }

        _orphans = [];
    }

    private async Task<long> WriteSnapshotAsync(bool force, CancellationToken cancellationToken)
    {
        // Before: also where it fails the next try waits for a budget.
        Volatile.Write(ref _payloadAtSnapshot, _log.Counters.PayloadBytes);
        Volatile.Write(ref _bytesAtSnapshot, _log.Counters.BytesWritten);
        return await _snapshots.WriteAsync(force, cancellationToken).ConfigureAwait(false);
    }

    private async Task RelocateAsync(
        SegmentSlot slot, Func<long, Task> pause, CancellationToken cancellationToken)
    {
        try
        {
            await _relocator.RelocateAsync(slot, pause, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is CorruptionException or StorageIOException)
        {
            // Kept as it is: nothing that cannot be read is given up.
            slot.IsQuarantined = true;
            throw;
        }

        // What is left are pointers of a moment ago; it must not be chosen again at once.
        slot.IsCompacted = true;
    }

    /// <summary>Holds the background back to the rate that the options allow.</summary>
    private async Task PauseAsync(long bytes)
    {
        TimeSpan pause = TimeSpan.FromSeconds((double)bytes / _options.CompactionBytesPerSecond);
        if (pause > TimeSpan.FromMilliseconds(1))
        {
            await _scheduler.Until(Task.Delay(pause, _options.TimeProvider, _stopping.Token))
                .ConfigureAwait(false);
        }
    }

    private async Task<long> CompactAllAsync(
        IProgress<CompactionProgress>? progress, CancellationToken cancellationToken)
    {
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken, _stopping.Token);
        CancellationToken token = linked.Token;
        await SweepOrphansAsync().ConfigureAwait(false);
        IReadOnlyList<SegmentSlot> garbage = Garbage.All(_state.Slots);
        CorruptionException? damage = null;
        for (int i = 0; i < garbage.Count; i++)
        {
            try
            {
                await RelocateAsync(garbage[i], static _ => Task.CompletedTask, token)
                    .ConfigureAwait(false);
            }
            catch (CorruptionException found)
            {
                // The others are compacted all the same.
                damage ??= found;
            }

            progress?.Report(new CompactionProgress(
                i + 1, garbage.Count, _relocator.RelocatedBytes, 0));
        }

        if (garbage.Count > 0)
        {
            await LetGoAsync(token).ConfigureAwait(false);
        }

        long freed = await FreeAsync().ConfigureAwait(false);
        progress?.Report(new CompactionProgress(
            garbage.Count, garbage.Count, _relocator.RelocatedBytes, freed));
        return damage is null ? freed : throw damage;
    }

    /// <summary>Frees the segments that nothing needs any more; gives their bytes.</summary>
    private async Task<long> FreeAsync()
    {
        IReadOnlyList<SegmentSlot> free = Garbage.Unneeded(
            _state,
            _log.View,
            _snapshots.Retained);
        if (free.Count == 0)
        {
            return 0;
        }

        await _store.FreeAsync(free.Select(s => s.Segment).ToHashSet()).ConfigureAwait(false);
        long bytes = 0;
        foreach (SegmentSlot slot in free)
        {
            _state.Slots.Remove(slot);
            bytes += slot.Segment.ReadableEnd;
        }

        _waitForReaders();
        foreach (SegmentSlot slot in free)
        {
            _state.Slots.Reuse(slot);
        }

        Interlocked.Add(ref _freed, free.Count);
        return bytes;
    }

    [LoggerMessage(
        EventId = 20,
        Level = LogLevel.Warning,
        Message = "Background work of the engine failed; it is tried again later")]
    private static partial void LogFailure(ILogger logger, Exception error);
}
