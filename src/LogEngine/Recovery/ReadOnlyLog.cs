using System.Collections.Immutable;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// A log seen from outside: beside a live writer, or on a directory that nobody writes. It takes no
/// part in LOCK and changes nothing; it holds READERS shared, so that no file it may be in is
/// recycled.
/// </summary>
/// <remarks>
/// Beside a writer only what a mark attests is shown. Files are read while they change, so a look
/// that finds damage or a missing file is repeated before it counts.
/// </remarks>
internal sealed class ReadOnlyLog : IDisposable
{
    private const int Looks = 8;
    private const int ReadersTries = 100_000;

    private readonly IHeldDirectory _files;
    private readonly string _directory;
    private readonly StoreKind _kind;
    private readonly Lock _looking = new();
    private readonly IFileLock? _readers;
    private readonly Dictionary<ulong, Segment> _known = [];
    private readonly Seen _first;

    private ReadOnlyLog(
        IFileSystem files, string directory, WriteAheadLogOptions options, StoreKind kind)
    {
        _files = Hold(files, directory, kind);
        _directory = directory;
        _kind = kind;
        StepClock clock = new(options.TimeProvider);
        try
        {
            _readers = HoldReaders(_files, directory);
            Seen seen = LookRepeatedly();
            clock.Mark("look");
            _first = seen;
            View = new LogView(directory, Map(seen), seen.LastSequence)
            {
                // A backup that is replaced meanwhile is another one: this one stays as it was seen.
                Poll = IsBackup ? null : Poll,
                ReadsPastCache = true,
            };
            if (IsBackup)
            {
                View.Close();
            }

            Report = MakeReport(seen, clock);
        }
        catch
        {
            _readers?.Dispose();
            _files.Dispose();
            throw;
        }
    }

    internal LogView View { get; }

    /// <summary>The directory that was opened, whatever is at its path by now.</summary>
    internal IFileSystem Files => _files;

    /// <summary>Keeps the directory open for who reads on after it was closed.</summary>
    internal IDisposable Share() => _files.Share();

    internal RecoveryReport Report { get; }

    /// <summary>Nothing is written; what is there is counted.</summary>
    internal LogStatistics Statistics => new()
    {
        RecordsAppended = 0,
        PayloadBytes = 0,
        GroupsWritten = 0,
        BytesWritten = 0,
        Syncs = 0,
        UnpreparedGroups = 0,
        BackPressureWaits = 0,
        SegmentsStarted = 0,
        SegmentsRecycled = 0,
        Segments = View.Map.Segments.Length,
        SpareSegments = 0,
    };

    /// <summary>Nothing more will come.</summary>
    private bool IsBackup => _first.Load.Newest is { } newest && newest.Kind.IsBackup();

    /// <summary>The manifest as of the first look.</summary>
    internal Manifest Manifest => _first.Manifest;

    /// <summary>What was in the directory at the first look.</summary>
    internal DirectorySurvey Survey => _first.Survey;

    /// <summary>Whether a writer may have been there at the first look.</summary>
    internal bool BesideWriter => _first.MayBeWritten;

    /// <summary>What is shown, as of the first look.</summary>
    internal LiveSet Live => new()
    {
        Segments = [.. View.Map.Segments.Where(s => s.FirstSequence <= s.LastSequence)],
        Predecessor = default,
        LowWaterSequence = _first.Manifest.LowWaterSequence,
        LastSequence = _first.LastSequence,
        LastTicks = 0,
        HeadKept = false,
    };

    internal static ReadOnlyLog Open(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions options,
        StoreKind kind = StoreKind.Log) =>
        new(environment.Files, directory, options, kind);

    public void Dispose()
    {
        View.Close();
        _readers?.Dispose();
        _files.Dispose();
    }

    /// <summary>Looks for news and shows them.</summary>
    private void Poll()
    {
        lock (_looking)
        {
            Seen seen = LookRepeatedly();
            SegmentMap map = Map(seen);
            View.ChangeMap(map, static (_, changed) => changed);
            if (seen.LastSequence > View.Durable)
            {
                View.PublishWritten(seen.LastSequence);
                View.PublishDurable(seen.LastSequence);
            }
        }
    }

    /// <summary>Holds READERS shared, so that no file is recycled; null where there is none.</summary>
    internal static IFileLock? HoldReaders(IFileSystem files, string directory)
    {
        string path = Path.Combine(directory, FileNames.Readers);
        try
        {
            // A writer holds it only for the moment in which it looks whether anybody does.
            IFileLock? held = null;
            for (int i = 0; i < ReadersTries && held is null; i++)
            {
                held = files.TryLock(path, LockKind.Shared, create: false);
                Thread.Yield();
            }

            return held ?? throw new DirectoryLockedException(
                directory, "another process, which holds READERS exclusively");
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            // Never opened for writing by this version, or a copy: nobody recycles here.
            return null;
        }
    }

    private static IHeldDirectory Hold(IFileSystem files, string directory, StoreKind kind)
    {
        try
        {
            return files.Hold(directory);
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            throw new StorageNotFoundException($"There is no {kind.InWords()} in '{directory}'.");
        }
    }

    private Seen LookRepeatedly()
    {
        for (int look = 1; ; look++)
        {
            bool mayBeWritten = MayBeWritten();
            try
            {
                Seen seen = Look(mayBeWritten);
                if (mayBeWritten || !MayBeWritten())
                {
                    return seen;
                }

                // A writer has come since: what was shown as a dead tail may be its own.
                continue;
            }
            catch (Exception error)
                when (look < Looks && MayPass(error) && (mayBeWritten || MayBeWritten()))
            {
                Thread.Yield();
            }
        }
    }

    /// <summary>Whether a writer may be at work; a directory without LOCK never had one.</summary>
    private bool MayBeWritten()
    {
        try
        {
            return _files.IsLockedExclusively(Path.Combine(_directory, FileNames.Lock)) != false;
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            return false;
        }
    }

    /// <summary>What a writer beside us can bring about while we look.</summary>
    internal static bool MayPass(Exception error) =>
        error is CorruptionException
        || (error is StorageIOException io && io.ErrorNumber == Errno.NotFound);

    private Seen Look(bool mayBeWritten)
    {
        ManifestLoad load = new ManifestStore(_files, _directory).Load(forWriting: false);
        Manifest manifest = RequireManifest(load);
        DirectorySurvey survey;
        if (manifest.Kind == _kind.BackupKind())
        {
            survey = DirectorySurvey.OfBackup(_files, _directory, manifest);
            manifest = manifest with { Kind = _kind };
        }
        else if (manifest.Kind != _kind)
        {
            throw new WrongStoreKindException(
                _directory, manifest.Kind.InWords(), _kind.InWords());
        }
        else
        {
            survey = DirectorySurvey.Take(
                _files, _directory, forWriting: false, mayVanish: mayBeWritten);
        }

        Chain chain = ChainWalk.Walk(_directory, survey, manifest);
        if (chain.Head is not { } head)
        {
            return new Seen(manifest, load, survey, chain, null, mayBeWritten);
        }

        TailScan scan = Scan(head, manifest);
        Attestation attested = default(Attestation).With(manifest).With(scan.Attested);
        if (!mayBeWritten)
        {
            foreach (SurveyedFile outside in chain.Outside)
            {
                OutsideEvidence.TryFind(_files, outside, head.Header.SegmentId, ref attested);
            }
        }

        RecoveredHead recovered = HeadRecovery.Decide(head, scan, attested);
        return new Seen(manifest, load, survey, chain, recovered, mayBeWritten);
    }

    private Manifest RequireManifest(ManifestLoad load)
    {
        if (load.Newest is null && load.AnyPresent)
        {
            throw new CorruptionException(
                Path.Combine(_directory, FileNames.ManifestA),
                0,
                $"no manifest is valid: {string.Join("; ", load.Damages)}");
        }

        return load.Newest ?? throw new StorageNotFoundException(
            $"There is no {_kind.InWords()} in '{_directory}'.");
    }

    /// <summary>Reads the head: from where the last look ended, if it is the same segment.</summary>
    private TailScan Scan(ChainedSegment head, Manifest manifest)
    {
        Segment segment = SegmentOf(head);
        TailScan? seal = HeadRecovery.TrySeal(
            () => SegmentFileReader.Open(_files, segment, pastCache: true),
            head.Header,
            manifest);
        return seal ?? TailScan.Run(
            SegmentFileReader.Open(_files, segment, pastCache: true),
            head.Header,
            segment.ReadableEnd,
            segment.LastSequence + 1);
    }

    private SegmentMap Map(Seen seen)
    {
        ImmutableArray<Segment>.Builder segments = ImmutableArray.CreateBuilder<Segment>();
        foreach (ChainedSegment live in seen.Chain.Live)
        {
            Segment segment = SegmentOf(live);
            if (live.EndOffset != 0 && !segment.IsSealed)
            {
                segment.Publish(live.EndOffset, live.LastSequence);
                segment.Seal();
            }
            else if (live.EndOffset == 0)
            {
                segment.Publish(seen.Head!.Scan.EndOffset, seen.Head.Scan.LastSequence);
            }

            segments.Add(segment);
        }

        HashSet<ulong> alive = [.. segments.Select(s => s.Header.SegmentId)];
        foreach (ulong gone in _known.Keys.Where(id => !alive.Contains(id)).ToArray())
        {
            _known.Remove(gone);
        }

        return new SegmentMap(segments.DrainToImmutable(), seen.Manifest.LowWaterSequence);
    }

    private Segment SegmentOf(ChainedSegment live)
    {
        if (!_known.TryGetValue(live.Header.SegmentId, out Segment? segment)
            || segment.Header.Salt != live.Header.Salt)
        {
            segment = new Segment(live.Header, live.File.Path);
            _known[live.Header.SegmentId] = segment;
        }

        return segment;
    }

    private RecoveryReport MakeReport(Seen seen, StepClock clock)
    {
        StorageFacts facts = _files.Probe(_directory, tryDirect: false);
        TailScan? scan = seen.Head?.Scan;
        RecoveredTail state = seen.Head?.State ?? RecoveredTail.Clean;
        bool torn = state == RecoveredTail.Torn && !seen.MayBeWritten;
        return new RecoveryReport
        {
            Directory = _directory,
            StoreId = seen.Manifest.StoreId,
            Tail = torn || state != RecoveredTail.Torn ? state : RecoveredTail.Clean,
            FirstSequence = seen.Manifest.LowWaterSequence,
            LastSequence = seen.LastSequence,
            Segments = seen.Chain.Live.Count,
            TailGroups = scan?.Groups ?? 0,
            DroppedBytes = torn ? scan!.TraceEnd - scan.EndOffset : 0,
            DroppedGroups = torn ? scan!.LaterGroups : 0,
            CutFile = torn ? seen.Chain.Head!.File.Path : null,
            CutOffset = torn ? scan!.EndOffset : -1,
            Ambiguous = torn && scan!.TornAtEnd,
            TailNotMadeDurable = !seen.MayBeWritten && state != RecoveredTail.Sealed,
            IoMode = IoMode.Buffered,
            IoReason = "opened read-only",
            FileSystem = facts.FileSystemName,
            Alignment = seen.Manifest.Alignment,
            Warnings = seen.Load.Damages,
            ForeignFiles = seen.Survey.Foreign,
            Steps = clock.Steps,
            Duration = clock.Total,
        };
    }

    /// <summary>One look at the directory.</summary>
    private sealed record Seen(
        Manifest Manifest,
        ManifestLoad Load,
        DirectorySurvey Survey,
        Chain Chain,
        RecoveredHead? Head,
        bool MayBeWritten)
    {
        /// <summary>Last sequence to show: beside a writer, the last one that a mark attests.</summary>
        internal long LastSequence
        {
            get
            {
                if (Head is not { } head)
                {
                    return Manifest.NextSequence - 1;
                }

                // A manifest names only what is durable, a snapshot that it lists included.
                return MayBeWritten && head.State != RecoveredTail.Sealed
                    ? Math.Min(
                        head.Scan.LastSequence,
                        Math.Max(head.Scan.Attested.Sequence, Manifest.NextSequence - 1))
                    : head.Scan.LastSequence;
            }
        }
    }
}
