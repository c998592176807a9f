using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Running;

/// <summary>
/// A directory open for writing, from its lock to its closing manifest: what must happen in an order
/// around the running log.
/// </summary>
internal sealed class LogLifetime : IStoreFiles
{
    private readonly GuardedDirectory _directory;
    private readonly IScheduler _scheduler;
    private readonly ManifestStore _manifests;

    /// <summary>Tells of opening and closing, on the thread that does it.</summary>
    private readonly ILogger _direct;

    /// <summary>Tells of all that the log does by itself; its logger holds up nothing.</summary>
    private readonly ILogger _logger;

    /// <summary>Manifest writes, one at a time; closing takes it for good.</summary>
    private readonly SemaphoreSlim _manifestGate = new(1, 1);
    private readonly Lock _closeGate = new();
    private Manifest _manifest;

    /// <summary>Under the manifest gate.</summary>
    private bool _closed;
    private Task? _closing;

    private LogLifetime(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions options,
        RecoveredLog recovered,
        ILogger logger)
    {
        _direct = logger;
        _logger = DetachedLogger.Of(logger, environment.Scheduler.Queue);
        _directory = recovered.Directory;
        _scheduler = environment.Scheduler;
        _manifests = recovered.ManifestStore;
        _manifest = recovered.Manifest;
        Report = recovered.Report;
        Writer = new LogWriter(
            environment, options, directory, recovered.Start, recovered.Observer, _logger);
        if (recovered.ToCut is { } toCut)
        {
            Writer.Preparer.Cut(toCut);
        }

        foreach (string path in recovered.ToRemove)
        {
            Writer.Preparer.Remove(path);
        }

        Writer.Start();
        Tell(Report);
    }

    internal LogWriter Writer { get; }

    /// <summary>Holds up nothing, whatever is told.</summary>
    internal ILogger Logger => _logger;

    /// <summary>The directory that is held, until the log is closed.</summary>
    internal GuardedDirectory Directory => _directory;

    /// <summary>Drawn when the store was created.</summary>
    public Guid StoreId => _manifest.StoreId;

    public ulong DrawFileNumber() => Writer.Files.DrawFileNumber();

    public Task RetainAsync(IReadOnlyList<ManifestSnapshot> snapshots) => ChangeAsync(() =>
        _manifest = _manifests.Write(Current(Writer.View.Map.Segments) with
        {
            Snapshots = snapshots,
        }));

    public Task FreeAsync(IReadOnlySet<Segment> segments) => ChangeAsync(() => Free(segments));

    /// <summary>
    /// Looks at the manifest as it would be written now, while nothing is freed and no snapshot is
    /// listed or taken off the list.
    /// </summary>
    internal async Task<T> LookAsync<T>(Func<Manifest, T> look)
    {
        T? seen = default;
        await ChangeAsync(() => seen = look(Current(Writer.View.Map.Segments)))
            .ConfigureAwait(false);
        return seen!;
    }

    internal RecoveryReport Report { get; }

    internal static async Task<LogLifetime> OpenAsync(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions options,
        IStoreLoader? loader,
        CancellationToken cancellationToken)
    {
        GuardedDirectory held = await DirectoryClaim.TakeAsync(
            environment, directory, options, cancellationToken).ConfigureAwait(false);
        ILogger logger = LogCategories.Create(options.LoggerFactory, LogCategories.Log);
        try
        {
            return await environment.Scheduler.Run(
                () => new LogLifetime(
                    environment,
                    directory,
                    options,
                    LogOpener.Open(environment, directory, options, loader, held),
                    logger),
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            held.Dispose();
            if (error is CorruptionException)
            {
                LogEvents.OpenRefused(logger, directory, error);
            }

            throw;
        }
    }

    /// <summary>
    /// Moves the low-water mark. Only when no manifest names a segment any more is its file given
    /// away, so a crash at any moment finds either generation's segments whole.
    /// </summary>
    internal Task TruncateBeforeAsync(long sequence, CancellationToken cancellationToken) =>
        ChangeAsync(() => TruncateBefore(sequence), cancellationToken);

    /// <summary>Opens without waiting for a lock; nobody else can know the directory.</summary>
    internal static LogLifetime OpenAlone(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions options,
        IStoreLoader loader)
    {
        environment.Files.CreateDirectory(directory);
        GuardedDirectory held = GuardedDirectory.TryTake(
            environment.Files, directory, options.TimeProvider)!;
        RecoveredLog recovered = LogOpener.Open(environment, directory, options, loader, held);
        return new LogLifetime(
            environment,
            directory,
            options,
            recovered,
            LogCategories.Create(options.LoggerFactory, LogCategories.Log));
    }

    internal Task CloseAsync()
    {
        lock (_closeGate)
        {
            return _closing ??=
                _scheduler.Run(CloseOnceAsync, CancellationToken.None).Unwrap();
        }
    }

    /// <summary>Does what changes the manifest, or needs it unchanged; cancelled only before it is begun.</summary>
    private async Task ChangeAsync(Action change, CancellationToken cancellationToken = default)
    {
        await _manifestGate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            await _scheduler.Run(change, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DirectoryLostException lost)
        {
            throw FaultOf(lost);
        }
        finally
        {
            _manifestGate.Release();
        }
    }

    /// <summary>Whoever found it, the log takes nothing more.</summary>
    private StorageFaultedException FaultOf(DirectoryLostException lost)
    {
        Writer.Committer.Fault.Set(lost);
        return Writer.Committer.Fault.New();
    }

    /// <summary>
    /// Takes segments out of the live set. Only when neither manifest names them are their files
    /// given away, so a crash at any moment finds either generation's segments whole.
    /// </summary>
    private void Free(IReadOnlySet<Segment> segments)
    {
        LogView view = Writer.View;
        if (Writer.Committer.Fault.Current is { } fault)
        {
            throw fault;
        }

        Manifest next = Current(view.Map.Segments.Where(s => !segments.Contains(s))) with
        {
            AnythingFreed = true,
        };

        // The newest listed one is where the walk of an open meets the manifest.
        ulong newest = next.Segments.Count == 0 ? 0 : next.Segments[^1].SegmentId;
        Invariant.Require(
            segments.All(s => s.Header.SegmentId < newest), "the newest listed segment is freed");
        WriteBoth(next);
        view.ChangeMap(segments, static (map, freed) => map.WithoutAny(freed));
        Retire(segments);
    }

    /// <summary>Writes both generations; on a full disk, with the space of spares.</summary>
    private void WriteBoth(Manifest next)
    {
        try
        {
            _manifest = _manifests.WriteBoth(next);
        }
        catch (StorageFullException) when (Writer.Preparer.GiveUpSpares())
        {
            _manifest = _manifests.WriteBoth(next);
        }
    }

    /// <summary>Gives away the files of segments that are live no more.</summary>
    private void Retire(IReadOnlyCollection<Segment> gone)
    {
        foreach (Segment segment in gone)
        {
            segment.Retire(Writer.Preparer.Free);
        }

        if (gone.Count > 0)
        {
            LogEvents.SegmentsFreed(
                _logger, Writer.View.Directory, gone.Count, gone.Max(s => s.Header.SegmentId));
        }
    }

    private void Tell(RecoveryReport report)
    {
        LogEvents.Opened(
            _direct,
            report.Directory,
            report.Tail,
            report.FirstSequence,
            report.LastSequence,
            report.Segments,
            report.IoMode,
            (long)report.Duration.TotalMilliseconds);
        if (report.Tail == RecoveredTail.Torn)
        {
            LogEvents.TailCut(
                _direct,
                report.CutFile,
                report.CutOffset,
                report.DroppedBytes,
                report.DroppedGroups,
                report.Ambiguous);
        }

        foreach (string warning in report.Warnings.Except(report.SkippedSnapshots))
        {
            LogEvents.OpenedWithWarning(_direct, report.Directory, warning);
        }
    }

    private void TruncateBefore(long sequence)
    {
        LogView view = Writer.View;
        if (sequence <= view.Map.LowWaterSequence)
        {
            return;
        }

        if (Writer.Committer.Fault.Current is { } fault)
        {
            throw fault;
        }

        int freed = CountFreeable(view, sequence);
        Manifest next = Current(view.Map.Segments.Skip(freed)) with
        {
            LowWaterSequence = sequence,
        };
        WriteBoth(next);
        IReadOnlyList<Segment> gone = [.. view.Map.Segments.Take(freed)];
        view.ChangeMap(
            (freed, sequence), static (map, change) => map.Without(change.freed, change.sequence));
        Retire(gone);
    }

    /// <summary>
    /// Segments wholly below a sequence, but the newest of them only once its successor's header is
    /// durable. Otherwise a power loss could leave a header from before it as the newest of all, of
    /// a segment that never held a record, and the log would seem to have lost what was truncated.
    /// </summary>
    private static int CountFreeable(LogView view, long sequence)
    {
        int below = view.Map.CountBelow(sequence);
        bool successorDurable =
            below == 0 || view.Durable > view.Map.Segments[below - 1].LastSequence;
        return successorDurable ? below : below - 1;
    }

    /// <summary>The manifest as of now; durable facts only.</summary>
    private Manifest Current(IEnumerable<Segment> live)
    {
        // The list first: the counters read after it are above everything in it.
        IReadOnlyList<ManifestSegment> segments =
            ManifestSegments.Of(live, Writer.View.Durable);
        return _manifest with
        {
            NextSegmentId = Writer.NextSegmentId,
            NextFileNumber = Writer.Files.NextFileNumber,
            NextSequence = Writer.View.Durable + 1,
            Segments = segments,
        };
    }

    private async Task CloseOnceAsync()
    {
        await _manifestGate.WaitAsync().ConfigureAwait(false);
        try
        {
            await Writer.CloseAsync().ConfigureAwait(false);
            _manifest = _manifests.Write(Current(Writer.View.Map.Segments) with
            {
                CleanlyClosed = true,
            });
            LogEvents.Closed(_direct, Writer.View.Directory, Writer.View.Durable);
        }
        catch (DirectoryLostException lost)
        {
            throw FaultOf(lost);
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            // The log itself is sealed and durable: the next open reads its end instead.
            LogEvents.ClosedWithoutManifest(_direct, Writer.View.Directory, error);
        }
        finally
        {
            _closed = true;
            Writer.View.Close();
            _directory.Dispose();
            _manifestGate.Release();

            // The process may end after this, and with it what was not told.
            await _scheduler.Until(DetachedLogger.DrainAsync(_logger)).ConfigureAwait(false);
        }
    }
}
