using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// An engine seen from outside, as of one moment: beside a live writer, on a directory that nobody
/// writes, or in a backup. It takes no part in LOCK and changes nothing.
/// </summary>
/// <remarks>
/// It holds READERS shared, so no file it may be in is recycled, and it opens the segments that it
/// shows: those stay readable when the writer frees them.
/// </remarks>
internal sealed class ReadOnlyEngine
{
    private const int Tries = 8;

    private readonly ReadOnlyLog _log;
    private int _closed;

    private ReadOnlyEngine(
        LogEnvironment environment,
        StorageEngineOptions options,
        ReadOnlyLog log,
        EngineLoader loader)
    {
        _log = log;
        State = loader.State;
        Values = new ValueReader(
            log.Files, State, log.View.Directory, direct: true);
        Reads = new EngineReads(State, Values, environment.Scheduler, options.TimeProvider);
        Report = loader.Annotate(log.Report);
    }

    internal CommittedIndex State { get; }

    internal ValueReader Values { get; }

    internal EngineReads Reads { get; }

    internal RecoveryReport Report { get; }

    internal static ReadOnlyEngine Open(
        LogEnvironment environment, string directory, StorageEngineOptions options)
    {
        for (int attempt = 1; ; attempt++)
        {
            ReadOnlyLog log = ReadOnlyLog.Open(
                environment, directory, options.ToLogOptions(), StoreKind.Engine);
            EngineLoader loader = new(environment, directory, options)
            {
                ReadsPastCache = true,
                ForWriting = false,
            };
            ReadOnlyEngine? engine = null;
            try
            {
                loader.Load(
                    log.Files,
                    log.Manifest,
                    log.Live,
                    log.Survey,
                    new StepClock(options.TimeProvider),
                    []);
                engine = new ReadOnlyEngine(environment, options, log, loader);
                engine.Values.OpenAll();
                return engine;
            }
            catch (Exception error) when (
                attempt < Tries && log.BesideWriter && ReadOnlyLog.MayPass(error))
            {
                // The writer has freed or replaced what was about to be read: look again.
                engine?.Values.Dispose();
                loader.Dispose();
                log.Dispose();
            }
            catch
            {
                engine?.Values.Dispose();
                loader.Dispose();
                log.Dispose();
                throw;
            }
        }
    }

    internal EmbeddedStatistics TakeStatistics()
    {
        IReadOnlyList<SegmentSlot> slots = State.Slots.All;
        return new EmbeddedStatistics
        {
            Log = _log.Statistics,
            Keys = State.Facts.Keys,
            Keyspaces = State.Facts.Keyspaces.Count,
            DataBytes = slots.Sum(s => s.LiveBytes),
            StorageBytes = slots.Sum(s => s.Segment.ReadableEnd),
            IndexBytes = State.Index.Statistics.ReservedBytes,
            CacheHits = Reads.CacheHits,
            FileReads = Values.FileReads,
            SegmentBytes = slots.Sum(s => s.Segment.ReadableEnd),
            LiveBytes = slots.Sum(s => s.LiveBytes),
            OpenViews = State.Pins.Count,
            OldestViewSequence = State.Pins.OldestSequence,
            SnapshotSequence = Report.SnapshotSequence,
            SnapshotsWritten = 0,
            RelocatedBytes = 0,
            SegmentsFreed = 0,
            MaintenanceFailure = null,
        };
    }

    /// <summary>Whoever still reads is let finish. Idempotent.</summary>
    internal void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        Reads.Gate.Close();
        Values.Dispose();
        State.Dispose();
        _log.Dispose();
    }
}
