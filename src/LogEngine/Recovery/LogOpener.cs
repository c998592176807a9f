using System.Runtime.ExceptionServices;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Opens a directory that is held for writing, in the one order that is safe: manifest, chain, tail
/// (synced, cache dropped, verified), manifest of this open, new segment with the named cut. The
/// argument for each crash point is in docs/recovery.md.
/// </summary>
internal sealed class LogOpener
{
    private readonly LogEnvironment _environment;
    private readonly GuardedDirectory _files;
    private readonly string _directory;
    private readonly WriteAheadLogOptions _options;
    private readonly IStoreLoader? _loader;
    private readonly StepClock _clock;

    private LogOpener(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions options,
        IStoreLoader? loader,
        GuardedDirectory held)
    {
        _loader = loader;
        _environment = environment;
        _files = held;
        _directory = directory;
        _options = options;
        _clock = new StepClock(options.TimeProvider);
    }

    /// <summary>Recovers the log, or creates it. Nothing was exposed where it throws.</summary>
    internal static RecoveredLog Open(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions options,
        IStoreLoader? loader,
        GuardedDirectory held) =>
        new LogOpener(environment, directory, options, loader, held).Run();

    private RecoveredLog Run()
    {
        ChosenIo io = Probe();
        ManifestStore store = new(_files, _directory);
        StoreKind kind = _loader is null ? StoreKind.Log : StoreKind.Engine;
        FoundLog found = new LogFinder(_environment, _files, _directory, kind, io, _clock)
            .Run(store);

        // Before anything is written: what refuses to be loaded leaves the directory as it is.
        ILoadedStore? loaded = _loader?.Load(found, _clock);
        RequireNumbers(found);
        try
        {
            return Begin(found, loaded, io, store, attempt: 0);
        }
        catch (StorageFullException)
            when (Leftovers.TryRemove(_files, found.Chain, found.Manifest.StoreId))
        {
            // The space was held by spares of this log. Ids and numbers of the first attempt may be
            // on disk: others are drawn.
            return Begin(found, loaded, io, store, attempt: 1);
        }
    }

    private ChosenIo Probe()
    {
        _files.TryLock(Path.Combine(_directory, FileNames.Readers), LockKind.Shared, create: true)
            ?.Dispose();

        // Names that a dead process made, or failed to make durable, are judged below: so they must
        // not go away afterwards.
        _files.SyncDirectory(_directory);
        ChosenIo io = ChosenIo.ForWriting(_files, _directory, _options.IoMode);
        _clock.Mark("probe");
        return io;
    }

    /// <summary>Writes the manifest of this open, then the new segment's header; both durable.</summary>
    private RecoveredLog Begin(
        FoundLog found, ILoadedStore? loaded, ChosenIo io, ManifestStore store, uint attempt)
    {
        Manifest manifest = NextManifest(found, io, attempt);
        manifest = found.IsNew ? store.WriteBoth(manifest) : store.Write(manifest);
        _clock.Mark("manifest of this open");
        LogStart start = BeginSegment(found, manifest, io);
        _clock.Mark("new segment");
        Leftovers leftovers = FindLeftovers(found, start);
        _clock.Mark("leftovers");
        return new RecoveredLog
        {
            Report = OpeningReport.Of(
                found, io, manifest.Alignment, leftovers.Foreign, loaded, _clock),
            Directory = _files,
            ManifestStore = store,
            Manifest = manifest,
            Start = start,
            Observer = loaded?.Observer,
            ToCut = found.Head is { State: not RecoveredTail.Sealed } && found.Live.HeadKept
                ? found.Live.Segments[^1]
                : null,
            ToRemove =
            [
                .. leftovers.Own,
                .. found.Survey.Temps.Select(name => Path.Combine(_directory, name)),
                .. loaded?.Unlisted ?? [],
            ],
        };
    }

    /// <summary>
    /// The manifest of this open: the end that was found, and the id and the number of the segment
    /// that it is about to begin, on record before they are used.
    /// </summary>
    private Manifest NextManifest(FoundLog found, ChosenIo io, uint attempt)
    {
        Manifest before = found.Manifest;
        LiveSet live = found.Live;
        ulong segmentId = Math.Max(before.NextSegmentId, found.Survey.NextSegmentId) + attempt;
        return before with
        {
            Alignment = io.Alignment,
            OpenEpoch = before.OpenEpoch + 1,
            OpenSalt = Math.Max(1, _environment.NextRandom()),
            NextSegmentId = segmentId + 1,
            NextFileNumber =
                Math.Max(before.NextFileNumber, found.Survey.NextFileNumber) + 1 + attempt,
            LowWaterSequence = live.LowWaterSequence,
            NextSequence = live.LastSequence + 1,
            CleanlyClosed = false,
            Segments = ManifestSegments.Of(live.Segments, live.LastSequence),
        };
    }

    /// <summary>The segment of that id and number, whose header names the end that was found.</summary>
    private LogStart BeginSegment(FoundLog found, Manifest manifest, ChosenIo io)
    {
        LiveSet live = found.Live;
        int alignment = manifest.Alignment;
        long capacity = Math.Max(
            _options.SegmentSizeBytes / alignment * alignment, 16L * alignment);
        SegmentHeader header = new()
        {
            FileNumber = manifest.NextFileNumber - 1,
            StoreId = manifest.StoreId,
            SegmentId = manifest.NextSegmentId - 1,
            Salt = _environment.NextRandom(),
            Alignment = alignment,
            Link = live.Predecessor == default ? SegmentLink.Root : SegmentLink.Chained,
            FirstSequence = live.LastSequence + 1,
            LowWaterSequence = live.LowWaterSequence,
            Predecessor = live.Predecessor,
            OpenEpoch = manifest.OpenEpoch,
            OpenSalt = manifest.OpenSalt,
            CreatedTicks = Math.Max(_options.TimeProvider.GetUtcNow().UtcTicks, live.LastTicks),
            Capacity = capacity,
        };
        int groupCap = (int)Math.Max(
            alignment,
            Math.Min(_options.GroupCapBytes, capacity / 4) / alignment * alignment);
        LogFiles files = new(
            _files,
            _directory,
            manifest.StoreId,
            alignment,
            io.Direct,
            capacity,
            header.FileNumber);
        try
        {
            PreparedFile file = WriteHeader(files, header);
            return new LogStart(files, live.Segments, header, file, groupCap);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    private static PreparedFile WriteHeader(LogFiles files, SegmentHeader header)
    {
        PreparedFile file;
        try
        {
            file = files.Create(header.Capacity, Math.Min(header.Capacity, ZeroFiller.MinAheadBytes));
        }
        catch (SyncFailedException failed)
        {
            // Nothing is open yet that could be faulted.
            ExceptionDispatchInfo.Throw(failed.InnerException!);
            throw;
        }

        try
        {
            using AlignedBuffer block = new(header.Alignment);
            header.Write(block.Span);
            file.ClaimForCommit(0, header.Alignment);
            file.Writer.Write(block.Span, 0, dataSync: false);
            file.Writer.DataSync();
            return file;
        }
        catch
        {
            file.Dispose();
            files.Unlink(file.Path);
            throw;
        }
    }

    private Leftovers FindLeftovers(FoundLog found, LogStart start)
    {
        try
        {
            return Leftovers.Of(_files, found.Chain, found.Live, found.Manifest.StoreId);
        }
        catch
        {
            // Its name stays: to the next open it is a head without a record.
            start.File.Dispose();
            start.Files.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A name or a header with a number near the end of all would leave none for new files. No store
    /// has counted to it, so somebody has put it here: it is named, and left alone.
    /// </summary>
    private void RequireNumbers(FoundLog found)
    {
        const long Highest = FormatLimits.MaxNumber - FormatLimits.SpareNumbers;
        foreach (SurveyedFile file in found.Survey.Files)
        {
            if (Math.Max(file.FileNumber, file.Header?.SegmentId ?? 0) > Highest)
            {
                throw Far(file.Path);
            }
        }

        foreach (ulong snapshot in found.Survey.Snapshots)
        {
            if (snapshot > Highest)
            {
                throw Far(Path.Combine(_directory, FileNames.IndexSnapshot(snapshot)));
            }
        }

        Manifest manifest = found.Manifest;
        if (Math.Max(manifest.NextFileNumber, manifest.NextSegmentId) > Highest
            || Math.Max(manifest.OpenEpoch, manifest.Generation) > Highest
            || manifest.NextSequence > Highest)
        {
            throw Far(Path.Combine(_directory, FileNames.ManifestA));
        }
    }

    private static CorruptionException Far(string path) => new(
        path,
        -1,
        "its number leaves none for new files, and no store has counted to it; where it is not this "
        + "store's, move it away");
}
