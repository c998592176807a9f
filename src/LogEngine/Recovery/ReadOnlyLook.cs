using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Finds the log in a directory that others may be writing to, and changes nothing. Segments that were
/// seen before are the same objects at the next look, and are read on from where the last one ended.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class ReadOnlyLook(string directory, StoreKind kind)
{
    private readonly Dictionary<ulong, Segment> _known = [];

    /// <summary>All segments of the last look, oldest first; the last may hold no record.</summary>
    internal IReadOnlyList<Segment> Segments { get; private set; } = [];

    /// <summary>One look. What it finds beside a writer may be the writer's doing.</summary>
    /// <param name="files">The directory, held by somebody who reads.</param>
    /// <param name="writer">Whether a writer has it open; null where that cannot be told.</param>
    internal FoundLog Take(IFileSystem files, bool? writer)
    {
        bool mayBeWritten = writer != false;
        ManifestLoad load = new ManifestStore(files, directory).Load(forWriting: false);
        Manifest manifest = load.NewestIn(directory)
            ?? throw new StorageNotFoundException(
                $"There is no {kind.InWords()} in '{directory}'.");
        DirectorySurvey survey;
        bool isBackup = manifest.Kind == kind.BackupKind();
        if (isBackup)
        {
            survey = DirectorySurvey.OfBackup(files, directory, manifest);
            manifest = manifest with { Kind = kind };
        }
        else if (manifest.Kind != kind)
        {
            throw new WrongStoreKindException(directory, manifest.Kind.InWords(), kind.InWords());
        }
        else
        {
            survey = DirectorySurvey.Take(
                files, directory, forWriting: false, mayVanish: mayBeWritten);
        }

        Chain chain = ChainWalk.Walk(directory, survey, manifest);
        RecoveredHead? head = chain.Head is { } last
            ? ReadHead(files, chain, manifest, SegmentOf(last), mayBeWritten)
            : null;
        long lastSequence = LastShown(head, manifest, mayBeWritten);
        Segments = Publish(chain, head, lastSequence);
        return new FoundLog
        {
            Files = files,
            Directory = directory,
            ForWriting = false,
            IsBackup = isBackup,
            MayBeWritten = mayBeWritten,
            Manifest = manifest,
            Warnings = load.Damages,
            Survey = survey,
            Chain = chain,
            Head = head,
            Live = LiveSet.Shown(Segments, manifest, lastSequence),
        };
    }

    /// <summary>Reads the head: from where the last look ended, if it is the same segment.</summary>
    private static RecoveredHead ReadHead(
        IFileSystem files, Chain chain, Manifest manifest, Segment known, bool mayBeWritten) =>
        HeadRecovery.Run(
            chain,
            manifest,
            () => SegmentFileReader.Open(files, known, pastCache: true),
            files,
            mayBeWritten ? [] : chain.Outside,
            known);

    /// <summary>Last sequence to show: beside a writer, the last one that a mark attests.</summary>
    private static long LastShown(RecoveredHead? head, Manifest manifest, bool mayBeWritten)
    {
        if (head is null)
        {
            return manifest.NextSequence - 1;
        }

        // A manifest names only what is durable, a snapshot that it lists included.
        return mayBeWritten && head.State != RecoveredTail.Sealed
            ? Math.Min(
                head.Scan.LastSequence,
                Math.Max(head.Scan.Attested.Sequence, manifest.NextSequence - 1))
            : head.Scan.LastSequence;
    }

    /// <summary>Says of each segment how far it may be read; forgets those that are gone.</summary>
    private List<Segment> Publish(Chain chain, RecoveredHead? head, long lastSequence)
    {
        List<Segment> segments = [];
        foreach (ChainedSegment live in chain.Live)
        {
            Segment segment = SegmentOf(live);
            if (live.EndOffset != 0 && !segment.IsSealed)
            {
                segment.Publish(live.EndOffset, live.LastSequence, live.EndOffset);
                segment.Seal();
            }
            else if (live.EndOffset == 0)
            {
                // A writer adds to the last group at most, and to none that is durable.
                TailScan scan = head!.Scan;
                bool settled = scan.LastSequence <= lastSequence;
                segment.Publish(
                    scan.EndOffset,
                    scan.LastSequence,
                    settled ? scan.EndOffset : scan.LastGroupOffset,
                    settled ? scan.LastSequence : scan.LastGroupSequence - 1);
            }

            segments.Add(segment);
        }

        HashSet<ulong> alive = [.. segments.Select(s => s.Header.SegmentId)];
        foreach (ulong gone in _known.Keys.Where(id => !alive.Contains(id)).ToArray())
        {
            _known.Remove(gone);
        }

        return segments;
    }

    private Segment SegmentOf(ChainedSegment live)
    {
        if (!_known.TryGetValue(live.Header.SegmentId, out Segment? segment)
            || segment.Header.Identity != live.Header.Identity)
        {
            segment = new Segment(live.Header, live.File.Path);
            _known[live.Header.SegmentId] = segment;
        }

        return segment;
    }
}
