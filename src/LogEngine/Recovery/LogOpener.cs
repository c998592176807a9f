using System.Runtime.ExceptionServices;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Opens a directory for writing, in the one order that is safe: lock, manifest, chain, tail (synced,
/// cache dropped, verified), manifest of this open, new segment with the named cut. The argument for
/// each crash point is in docs/recovery.md.
/// </summary>
internal sealed class LogOpener
{
    private readonly LogEnvironment _environment;
    private readonly GuardedDirectory _files;
    private readonly string _directory;
    private readonly WriteAheadLogOptions _options;
    private readonly IStoreLoader? _loader;
    private readonly StepClock _clock;
    private readonly List<string> _warnings = [];

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
        _files.TryLock(Path.Combine(_directory, FileNames.Readers), LockKind.Shared, create: true)
            ?.Dispose();

        // Names that a dead process made, or failed to make durable, are judged below: so they must
        // not go away afterwards.
        _files.SyncDirectory(_directory);
        StorageFacts facts = _files.Probe(_directory, _options.IoMode != IoMode.Buffered);
        bool direct = ChooseDirect(facts);
        _clock.Mark("probe");

        ManifestStore store = new(_files, _directory);
        ManifestLoad load = store.Load(forWriting: true);
        _warnings.AddRange(load.Damages);
        DirectorySurvey survey = Survey();
        bool created = load.Newest is null;
        int needed = direct ? facts.DirectAlignment : facts.BufferedAlignment;
        Manifest manifest = load.Newest ?? Create(load, survey, needed);
        RequireKind(manifest);
        _clock.Mark("manifest");

        Chain chain = ChainWalk.Walk(_directory, survey, manifest);
        for (int i = 0; chain.Head is { } shown && !IsOnDisk(shown, direct); i++)
        {
            if (i == survey.Files.Count)
            {
                throw new CorruptionException(shown.File.Path, 0, "the header changes on reading");
            }

            survey = Survey();
            chain = ChainWalk.Walk(_directory, survey, manifest);
        }

        _clock.Mark("chain");
        Attestation attested = default(Attestation).With(manifest);
        RecoveredHead? head = chain.Head is { } newest
            ? RecoverHead(newest, chain, manifest, attested, direct)
            : null;
        _clock.Mark("tail");

        // Before anything is written: what refuses to be loaded leaves the directory as it is.
        LiveSet live = LiveSet.Of(chain, head, manifest);
        _loader?.Load(_files, manifest, live, survey, _clock, _warnings);

        try
        {
            return Begin(
                facts, direct, store, survey, manifest, created, chain, head, live,
                attempt: 0);
        }
        catch (StorageFullException) when (Leftovers.TryRemove(_files, chain, manifest.StoreId))
        {
            // The space was held by spares of this log. Ids and numbers of the first attempt may be
            // on disk: others are drawn.
            return Begin(
                facts, direct, store, survey, manifest, created, chain, head, live,
                attempt: 1);
        }
    }

    private DirectorySurvey Survey() => DirectorySurvey.Take(
        _files, _directory, forWriting: true, mayVanish: false);

    /// <summary>
    /// Whether the head is what it seemed to be, on the device. What the page cache shows may never
    /// reach it: a failed sync leaves clean pages with lost bytes. So sync, drop the cache, and
    /// believe only what is read after that.
    /// </summary>
    private bool IsOnDisk(ChainedSegment head, bool direct)
    {
        using (IStorageFile synced = _files.Open(head.File.Path, OpenFlags.Write))
        {
            synced.DataSync();
            synced.DropCache();
        }

        using IStorageFile file = _files.Open(head.File.Path, Mode(direct));
        using AlignedBuffer block = new(head.Header.Alignment);
        int read = file.Read(block.Span, 0);
        SegmentHeader.Read(block.Span[..read], forWriting: true, out SegmentHeader? header);
        return header is not null
            && header.SegmentId == head.Header.SegmentId
            && header.Salt == head.Header.Salt;
    }

    private static OpenFlags Mode(bool direct) => direct ? OpenFlags.Direct : OpenFlags.Read;

    private bool ChooseDirect(StorageFacts facts) => _options.IoMode switch
    {
        IoMode.Buffered => false,
        IoMode.Direct when !facts.DirectSupported => throw new StorageIOException(
            "probe direct I/O in",
            _directory,
            Errno.Invalid,
            $"{facts.DirectReason}; open with IoMode.Auto or IoMode.Buffered"),
        _ => facts.DirectSupported,
    };

    /// <summary>There is no manifest: a new log, unless there is anything to lose.</summary>
    private Manifest Create(ManifestLoad load, DirectorySurvey survey, int alignment)
    {
        if (load.AnyPresent)
        {
            throw new CorruptionException(
                Path.Combine(_directory, FileNames.ManifestA),
                0,
                $"no manifest is valid: {string.Join("; ", load.Damages)}");
        }

        foreach (SurveyedFile file in survey.Files)
        {
            Attestation any = default;
            if (OutsideEvidence.TryFind(_files, file, headId: 0, ref any))
            {
                throw new CorruptionException(
                    Path.Combine(_directory, FileNames.ManifestA),
                    -1,
                    $"both manifests are missing, but '{file.Path}' holds groups");
            }
        }

        // The directory's own name, whoever made it.
        _files.SyncParent();

        Span<byte> id = stackalloc byte[16];
        BitConverter.TryWriteBytes(id, _environment.NextRandom());
        BitConverter.TryWriteBytes(id[8..], _environment.NextRandom());
        return new Manifest
        {
            StoreId = new Guid(id),
            Kind = Kind,
            Alignment = alignment,
            OpenEpoch = 0,
            NextSegmentId = 1,
            NextFileNumber = 1,
            LowWaterSequence = 1,
            NextSequence = 1,
            CleanlyClosed = false,
            Segments = [],
        };
    }

    private StoreKind Kind => _loader is null ? StoreKind.Log : StoreKind.Engine;

    private void RequireKind(Manifest manifest)
    {
        if (manifest.Kind != Kind)
        {
            throw new WrongStoreKindException(_directory, manifest.Kind.InWords(), Kind.InWords());
        }
    }

    private RecoveredHead RecoverHead(
        ChainedSegment head,
        Chain chain,
        Manifest manifest,
        Attestation attested,
        bool direct)
    {
        OpenFlags mode = Mode(direct);
        string? tornRotation = null;
        TailScan? scan = HeadRecovery.TrySeal(
            () => _files.Open(head.File.Path, mode), head.Header, manifest);
        if (scan is null)
        {
            scan = TailScan.Run(_files.Open(head.File.Path, mode), head.Header);
            attested = attested.With(scan.Attested);
            foreach (SurveyedFile outside in chain.Outside)
            {
                if (OutsideEvidence.TryFind(
                    _files, outside, head.Header.SegmentId, ref attested))
                {
                    tornRotation = outside.Path;
                }
            }
        }

        RecoveredHead recovered =
            HeadRecovery.Decide(head, scan, attested.With(scan.Attested));
        return tornRotation is null
            ? recovered
            : recovered with { State = RecoveredTail.Torn, TornRotation = tornRotation };
    }

    /// <summary>Writes the manifest of this open, then the new segment's header; both durable.</summary>
    private RecoveredLog Begin(
        StorageFacts facts,
        bool direct,
        ManifestStore store,
        DirectorySurvey survey,
        Manifest found,
        bool created,
        Chain chain,
        RecoveredHead? head,
        LiveSet live,
        uint attempt)
    {
        RequireNumbers(found, survey);
        int alignment = Math.Max(
            found.Alignment, direct ? facts.DirectAlignment : facts.BufferedAlignment);
        ulong segmentId = Math.Max(found.NextSegmentId, survey.NextSegmentId) + attempt;
        Manifest manifest = found with
        {
            Alignment = alignment,
            OpenEpoch = found.OpenEpoch + 1,
            OpenSalt = Math.Max(1, _environment.NextRandom()),
            NextSegmentId = segmentId + 1,
            NextFileNumber =
                Math.Max(found.NextFileNumber, survey.NextFileNumber) + 1 + attempt,
            LowWaterSequence = live.LowWaterSequence,
            NextSequence = live.LastSequence + 1,
            CleanlyClosed = false,
            Segments = ManifestSegments.Of(live.Segments, live.LastSequence),
        };
        manifest = created ? store.WriteBoth(manifest) : store.Write(manifest);
        _clock.Mark("manifest of this open");

        long capacity = Math.Max(
            _options.SegmentSizeBytes / alignment * alignment, 16L * alignment);
        LogFiles files = new(
            _files,
            _directory,
            manifest.StoreId,
            alignment,
            direct,
            capacity,
            manifest.NextFileNumber - 1);
        SegmentHeader header = new()
        {
            FileNumber = manifest.NextFileNumber - 1,
            StoreId = manifest.StoreId,
            SegmentId = segmentId,
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
        PreparedFile file = WriteHeader(files, header, capacity);
        _clock.Mark("new segment");

        Leftovers leftovers;
        try
        {
            leftovers = Leftovers.Of(_files, chain, live, manifest.StoreId);
        }
        catch
        {
            // Its name stays: to the next open it is a head without a record.
            file.Dispose();
            throw;
        }

        _clock.Mark("leftovers");
        RecoveryReport report =
            Report(facts, direct, manifest, created, chain, head, live, survey, leftovers);
        return new RecoveredLog
        {
            Report = _loader?.Annotate(report) ?? report,
            Directory = _files,
            ManifestStore = store,
            Manifest = manifest,
            Files = files,
            Segments = live.Segments,
            NewHeader = header,
            NewFile = file,
            ToCut = head is { State: not RecoveredTail.Sealed } && live.HeadKept
                ? live.Segments[^1]
                : null,
            ToRemove =
            [
                .. leftovers.Own,
                .. survey.Temps.Select(name => Path.Combine(_directory, name)),
                .. _loader?.Unlisted ?? [],
            ],
            LastTicks = header.CreatedTicks,
            GroupCap = (int)Math.Max(
                alignment,
                Math.Min(_options.GroupCapBytes, capacity / 4) / alignment * alignment),
        };
    }

    /// <summary>
    /// A name or a header with a number near the end of all would leave none for new files. No store
    /// has counted to it, so somebody has put it here: it is named, and left alone.
    /// </summary>
    private void RequireNumbers(Manifest found, DirectorySurvey survey)
    {
        const long Highest = FormatLimits.MaxNumber - FormatLimits.SpareNumbers;
        foreach (SurveyedFile file in survey.Files)
        {
            if (Math.Max(file.FileNumber, file.Header?.SegmentId ?? 0) > Highest)
            {
                throw Far(file.Path);
            }
        }

        foreach (ulong snapshot in survey.Snapshots)
        {
            if (snapshot > Highest)
            {
                throw Far(Path.Combine(_directory, FileNames.IndexSnapshot(snapshot)));
            }
        }

        if (Math.Max(found.NextFileNumber, found.NextSegmentId) > Highest
            || Math.Max(found.OpenEpoch, found.Generation) > Highest
            || found.NextSequence > Highest)
        {
            throw Far(Path.Combine(_directory, FileNames.ManifestA));
        }
    }

    private static CorruptionException Far(string path) => new(
        path,
        -1,
        "its number leaves none for new files, and no store has counted to it; where it is not this "
        + "store's, move it away");

    private static PreparedFile WriteHeader(LogFiles files, SegmentHeader header, long capacity)
    {
        PreparedFile file;
        try
        {
            file = files.Create(capacity, Math.Min(capacity, Preparer.MinAheadBytes));
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

    private RecoveryReport Report(
        StorageFacts facts,
        bool direct,
        Manifest manifest,
        bool created,
        Chain chain,
        RecoveredHead? head,
        LiveSet live,
        DirectorySurvey survey,
        Leftovers leftovers)
    {
        bool cut = head is { State: RecoveredTail.Torn };
        return new RecoveryReport
        {
            Directory = _directory,
            StoreId = manifest.StoreId,
            Tail = created ? RecoveredTail.Created : head?.State ?? RecoveredTail.Clean,
            FirstSequence = live.LowWaterSequence,
            LastSequence = live.LastSequence,
            Segments = live.Segments.Count,
            TailGroups = head?.Scan.Groups ?? 0,
            DroppedBytes = cut ? head!.Scan.TraceEnd - head.Scan.EndOffset : 0,
            DroppedGroups = cut ? head!.Scan.LaterGroups : 0,
            CutFile = cut ? head!.TornRotation ?? chain.Head!.File.Path : null,
            CutOffset = !cut ? -1 : head!.TornRotation is null ? head.Scan.EndOffset : 0,
            Ambiguous = cut && (head!.Scan.TornAtEnd || head.TornRotation is not null),
            IoMode = direct ? IoMode.Direct : IoMode.Buffered,
            IoReason = direct
                ? null
                : facts.DirectReason ?? "buffered I/O was asked for",
            FileSystem = facts.FileSystemName,
            Alignment = manifest.Alignment,
            Warnings = _warnings,
            ForeignFiles = [.. survey.Foreign, .. leftovers.Foreign],
            Steps = _clock.Steps,
            Duration = _clock.Total,
        };
    }
}
