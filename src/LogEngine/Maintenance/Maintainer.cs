using LogEngine.Log;
using LogEngine.Telemetry;

namespace LogEngine.Maintenance;

/// <summary>
/// What goes on beside reading and writing: passes in the background, work on demand, space on a
/// full disk. One thing at a time; it never blocks a reader or a writer.
/// </summary>
internal sealed class Maintainer
{
    private readonly MaintainedEngine _engine;
    private readonly MaintenanceParts _parts;
    private readonly IScheduler _scheduler;
    private readonly FullCompaction _everything;
    private readonly MaintenancePass _pass;
    private readonly PassQueue _passes;
    private readonly Pace _pace;

    internal Maintainer(MaintainedEngine engine, MaintenanceParts parts)
    {
        _engine = engine;
        _parts = parts;
        _scheduler = engine.Scheduler;
        _everything = new FullCompaction(parts);
        _pace = new Pace(
            _scheduler,
            engine.Time,
            engine.Options.CompactionBytesPerSecond,
            () => parts.FullDisk.WasRefused);
        LogCounters counters = engine.Log.Counters;
        _pass = new MaintenancePass(
            _pace,
            new RestClock(counters, engine.Time),
            counters,
            new CompactionPolicy(engine.Options, engine.State, counters, parts.Garbage),
            parts);
        _passes = new PassQueue(_scheduler, engine.Time, _pass.RunAsync, NoteFailed);
    }

    internal SnapshotKeeper Snapshots => _parts.Snapshots.Keeper;

    internal long RelocatedBytes => _parts.Relocator.RelocatedBytes;

    internal long SegmentsFreed => _parts.Freeing.Freed;

    /// <summary>Whether the next write would ask for a pass: false once all that was due is done.</summary>
    internal bool IsDue => _pass.IsDue();

    /// <summary>What went wrong last in the background; null while it is well.</summary>
    internal string? Failure => _passes.Failure;

    /// <summary>
    /// Begins to follow the log. What tells it of news was there before it and ends after it: so it
    /// listens from here to <see cref="StopAsync"/>, and what it is told in between finds it whole.
    /// </summary>
    internal void Start()
    {
        _engine.State.Advanced = NoteAdvance;
        _engine.Log.Refused = NoteRefused;
        _engine.Reserve.Refused = NoteRefused;
        _engine.Reserve.Compact = () => RunNextAsync(async () =>
        {
            await _parts.FullDisk.MakeSpaceAsync(_passes.Stopping).ConfigureAwait(false);
            return true;
        });
        if (!_parts.Orphans.IsEmpty || _engine.Log.View.Map.Segments.Length > 1 || _pass.IsDue())
        {
            _passes.Request();
        }
    }

    /// <summary>Ends after the present step. Nothing runs any more on return.</summary>
    internal async Task StopAsync()
    {
        _engine.State.Advanced = null;
        _engine.Log.Refused = null;
        _engine.Reserve.Refused = null;
        _engine.Reserve.Compact = null;
        await _passes.StopAsync().ConfigureAwait(false);
        _engine.Reserve.Close();
    }

    /// <summary>The process that it ran in is dead: nothing wakes it any more. Simulations only.</summary>
    internal void Abandon() => _passes.Abandon();

    /// <summary>Writes a snapshot now.</summary>
    internal Task<long> SnapshotAsync(CancellationToken cancellationToken) =>
        RunForCallerAsync(
            () => _parts.Snapshots.WriteAsync(force: false, Pace.None, cancellationToken),
            cancellationToken);

    /// <summary>Compacts everything that holds dead bytes, and frees it.</summary>
    internal Task<long> CompactAsync(
        IProgress<CompactionProgress>? progress, CancellationToken cancellationToken) =>
        RunForCallerAsync(
            async () =>
            {
                using CancellationTokenSource linked =
                    CancellationTokenSource.CreateLinkedTokenSource(
                        cancellationToken, _passes.Stopping);
                await _parts.Orphans.RunAsync().ConfigureAwait(false);
                await _parts.Expired.RunAsync(linked.Token).ConfigureAwait(false);
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
            return await RunNextAsync(() => _passes.Stopping.IsCancellationRequested
                ? throw new ObjectDisposedException(nameof(StorageEngine))
                : work()).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_passes.Stopping.IsCancellationRequested
            && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(StorageEngine));
        }
    }

    /// <summary>Runs work that somebody waits for: what goes on in the background makes way.</summary>
    private async Task<T> RunNextAsync<T>(Func<Task<T>> work)
    {
        // Not on the caller's thread: what this ends goes on here.
        await _scheduler.Run(_pace.Hurry, CancellationToken.None).ConfigureAwait(false);
        try
        {
            return await _passes.RunBetweenAsync(work).ConfigureAwait(false);
        }
        catch (DirectoryLostException lost)
        {
            // Whoever finds it, the log takes nothing more.
            _engine.Log.Committer.Fault.Set(lost);
            throw _engine.Log.Committer.Fault.New();
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
        if (_parts.FullDisk.NoteRefused())
        {
            _passes.Request();
        }
    }

    /// <summary>It is tried again when it is asked for next, which the next write does.</summary>
    private TimeSpan? NoteFailed(Exception error)
    {
        LogEvents.MaintenanceFailed(_engine.Logger, error);
        return null;
    }
}
