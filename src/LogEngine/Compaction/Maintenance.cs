using LogEngine.Engine;
using LogEngine.Log;
using Microsoft.Extensions.Logging;

namespace LogEngine.Compaction;

/// <summary>
/// What goes on beside reading and writing: passes in the background, work on demand, space on a
/// full disk. One thing at a time; it never blocks a reader or a writer.
/// </summary>
internal sealed class Maintenance
{
    private readonly LogWriter _log;
    private readonly CommittedIndex _state;
    private readonly IScheduler _scheduler;
    private readonly SpaceReserve _reserve;
    private readonly SnapshotSchedule _snapshots;
    private readonly Relocator _relocator;
    private readonly SegmentFreeing _freeing;
    private readonly FullDisk _fullDisk;
    private readonly FullCompaction _everything;
    private readonly OrphanSweep _orphans;
    private readonly ExpirySweep _expired;
    private readonly BackgroundPass _pass;
    private readonly BackgroundPasses _passes;
    private readonly PassTimer _timer;
    private readonly Pace _pace;
    private readonly SerialTasks _serial = new();
    private readonly CancellationTokenSource _stopping = new();

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
        _log = log;
        _state = state;
        _scheduler = environment.Scheduler;
        _reserve = reserve;
        _snapshots = new SnapshotSchedule(options, state, log.Counters, snapshots, logger);
        _relocator = new Relocator(
            environment, log, state, options.TimeProvider, groupCap, logger);
        Garbage garbage = new(state, _relocator.BatchBytes);
        _freeing = new SegmentFreeing(state, garbage, log.View, store, snapshots, waitForReaders);
        _expired = new ExpirySweep(environment, log.Appender, state, options.TimeProvider);
        _fullDisk = new FullDisk(
            options, garbage, log.View, reserve, _expired, _snapshots, _relocator, _freeing);
        _everything = new FullCompaction(garbage, _snapshots, _relocator, _freeing);
        _orphans = new OrphanSweep(_scheduler, writer.Chunks, orphanedChunkSets);
        _pace = new Pace(
            _scheduler,
            options.TimeProvider,
            options.CompactionBytesPerSecond,
            () => _fullDisk.WasRefused);
        _pass = new BackgroundPass(
            _pace,
            new RestClock(log.Counters, options.TimeProvider),
            log.Counters,
            new CompactionPolicy(options, state, log.Counters, garbage),
            _fullDisk,
            _orphans,
            _expired,
            _snapshots,
            _relocator,
            _freeing);
        _passes = new BackgroundPasses(_scheduler, RunPassAsync, logger, _stopping.Token);
        _timer = new PassTimer(options.TimeProvider, _passes.Request);
    }

    internal SnapshotKeeper Snapshots => _snapshots.Keeper;

    internal long RelocatedBytes => _relocator.RelocatedBytes;

    internal long SegmentsFreed => _freeing.Freed;

    /// <summary>Whether the next write would ask for a pass: false once all that was due is done.</summary>
    internal bool IsDue => _pass.IsDue();

    /// <summary>What went wrong last in the background; null while it is well.</summary>
    internal string? Failure => _passes.Failure;

    /// <summary>Begins to follow the log.</summary>
    internal void Start()
    {
        _state.Advanced = NoteAdvance;
        _log.Committer.Refused = NoteRefused;
        _reserve.Refused = NoteRefused;
        _reserve.Compact = () => RunNextAsync(async () =>
        {
            await _fullDisk.MakeSpaceAsync(_stopping.Token).ConfigureAwait(false);
            return true;
        });
        if (!_orphans.IsEmpty || _log.View.Map.Segments.Length > 1 || _pass.IsDue())
        {
            _passes.Request();
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
        _timer.Dispose();
        _reserve.Close();
    }

    /// <summary>The process that it ran in is dead: nothing wakes it any more. Simulations only.</summary>
    internal void Abandon() => _timer.Dispose();

    /// <summary>Writes a snapshot now.</summary>
    internal Task<long> SnapshotAsync(CancellationToken cancellationToken) =>
        RunForCallerAsync(
            () => _snapshots.WriteAsync(force: false, Pace.None, cancellationToken),
            cancellationToken);

    /// <summary>Compacts everything that holds dead bytes, and frees it.</summary>
    internal Task<long> CompactAsync(
        IProgress<CompactionProgress>? progress, CancellationToken cancellationToken) =>
        RunForCallerAsync(
            async () =>
            {
                using CancellationTokenSource linked =
                    CancellationTokenSource.CreateLinkedTokenSource(
                        cancellationToken, _stopping.Token);
                await _orphans.RunAsync().ConfigureAwait(false);
                await _expired.RunAsync(linked.Token).ConfigureAwait(false);
                return await _everything.RunAsync(progress, linked.Token).ConfigureAwait(false);
            },
            cancellationToken);

    /// <summary>
    /// Work that a caller asked for. None begins once the engine closes, since nobody would wait for
    /// it before memory is freed; and a compaction that closing has ended says so.
    /// </summary>
    private async Task<long> RunForCallerAsync(
        Func<Task<long>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await RunNextAsync(() => _stopping.IsCancellationRequested
                ? throw new ObjectDisposedException(nameof(StorageEngine))
                : work()).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested
            && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(StorageEngine));
        }
    }

    /// <summary>Runs work that somebody waits for: what goes on in the background makes way.</summary>
    private async Task<T> RunNextAsync<T>(Func<Task<T>> work)
    {
        // Not on the caller's thread: what this ends goes on here.
        await _scheduler.Run(
            () =>
            {
                _pace.Hurry();
                return true;
            },
            CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await _serial.RunAsync(work).ConfigureAwait(false);
        }
        catch (DirectoryLostException lost)
        {
            // Whoever finds it, the log takes nothing more.
            _log.Committer.Fault.Set(lost);
            throw _log.Committer.Fault.New();
        }
        finally
        {
            _pace.Relax();
        }
    }

    private void NoteAdvance()
    {
        if (_pass.IsDue())
        {
            _passes.Request();
        }
    }

    private void NoteRefused()
    {
        if (_fullDisk.NoteRefused())
        {
            _passes.Request();
        }
    }

    private Task<bool> RunPassAsync(CancellationToken token) => _serial.RunAsync(async () =>
    {
        token.ThrowIfCancellationRequested();
        TimeSpan? next = await _pass.RunAsync(token).ConfigureAwait(false);
        if (next == TimeSpan.Zero)
        {
            _passes.Request();
        }
        else
        {
            _timer.Set(next);
        }

        return true;
    });
}
