using LogEngine.Caching;
using LogEngine.Engine;
using LogEngine.Index;
using LogEngine.Log;
using LogEngine.Snapshots;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Brings the index up to the recovered log: the newest snapshot that is whole, then what the log
/// holds behind it.
/// </summary>
/// <remarks>
/// A snapshot that is damaged or missing is passed over for an older one, with a warning; the log
/// still has all that is needed, since nothing is freed before the oldest retained one lets it go.
/// Without any, the log alone gives the state, but only while nothing was ever freed.
/// </remarks>
internal sealed class EngineLoader : IStoreLoader, IDisposable
{
    private LogEnvironment _environment;
    private readonly string _directory;
    private readonly StorageEngineOptions _options;
    private readonly HashSet<ulong> _damaged = [];
    private readonly List<string> _skipped = [];
    private readonly List<string> _mended = [];
    private readonly List<string> _unlisted = [];
    private CommittedIndex? _state;
    private long _replayed;

    internal EngineLoader(
        LogEnvironment environment, string directory, StorageEngineOptions options)
    {
        _environment = environment;
        _directory = directory;
        _options = options;
    }

    internal CommittedIndex State => _state!;

    /// <summary>Whether the newest segment is read past the page cache, as it is written.</summary>
    internal bool ReadsPastCache { get; init; }

    /// <summary>Whether to refuse features that a mere reader may ignore.</summary>
    internal bool ForWriting { get; init; } = true;

    /// <summary>
    /// Whether to begin with the oldest snapshot, or with none as long as the log has everything, so
    /// that as much as can be comes from the log.
    /// </summary>
    private bool StartsOldest { get; init; }

    public IGroupObserver Observer => State;

    public IEnumerable<string> Unlisted => _unlisted;

    /// <summary>Retained snapshots, oldest first, with the sequences they stand for.</summary>
    internal IReadOnlyList<RetainedSnapshot> Retained { get; private set; } = [];

    /// <summary>Highest number of a set of chunks in use; 0 for none.</summary>
    internal long LastChunkSet { get; private set; }

    /// <summary>Sets of chunks that nothing refers to.</summary>
    internal IReadOnlyList<long> OrphanedChunkSets { get; private set; } = [];

    /// <summary>The snapshot that was loaded; 0 for none.</summary>
    private long SnapshotSequence { get; set; }

    public void Load(
        IFileSystem files,
        Manifest manifest,
        LiveSet live,
        DirectorySurvey survey,
        StepClock clock,
        List<string> warnings)
    {
        _environment = _environment with { Files = files };
        Dictionary<ulong, Segment> segments = live.Segments.ToDictionary(s => s.Header.SegmentId);
        LoadFirst(manifest, segments);
        clock.Mark("snapshot");
        Replay(live, manifest);
        clock.Mark("replay");
        foreach (Segment segment in live.Segments)
        {
            State.Slots.Of(segment).NoteLoaded(live.LastSequence);
        }

        if (_options.CheckIndex)
        {
            CheckIndex(manifest, live, segments);
            clock.Mark("index check");
        }

        Retained = Retain(manifest);
        warnings.AddRange(_skipped);
        warnings.AddRange(_mended);
        _unlisted.AddRange(survey.Snapshots
            .Except(manifest.Snapshots.Select(s => s.FileNumber))
            .Select(PathOf)
            .Where(path => IsOurs(path, manifest.StoreId)));
        FindChunkSets();
    }

    public RecoveryReport Annotate(RecoveryReport report)
    {
        RecoveryReport annotated = report.Copy();
        annotated.SnapshotSequence = SnapshotSequence;
        annotated.ReplayedRecords = _replayed;
        annotated.SkippedSnapshots = _skipped;
        annotated.Warnings = [.. report.Warnings.Union(_mended)];
        return annotated;
    }

    /// <summary>Frees what was loaded; opening failed.</summary>
    public void Dispose() => _state?.Dispose();

    private string PathOf(ulong number) =>
        Path.Combine(_directory, FileNames.IndexSnapshot(number));

    private void LoadFirst(Manifest manifest, Dictionary<ulong, Segment> segments)
    {
        // Oldest first and nothing freed: everything comes from the log.
        List<ManifestSnapshot> disordered = [];
        IEnumerable<ManifestSnapshot> listed = StartsOldest && !manifest.AnythingFreed
            ? []
            : manifest.Snapshots;
        foreach (ManifestSnapshot one in StartsOldest ? listed : listed.Reverse())
        {
            SnapshotOrder order = new();
            if (TryLoad(manifest, segments, one, order))
            {
                return;
            }

            if (order.IsBroken)
            {
                disordered.Add(one);
            }
        }

        if (!manifest.AnythingFreed)
        {
            Begin();
            SnapshotSequence = 0;
        }
        else if (!TryMend(manifest, segments, disordered))
        {
            throw new CorruptionException(
                _directory,
                -1,
                "no snapshot of the index is whole, and the log alone does not hold everything "
                + $"any more: {string.Join("; ", _skipped)}");
        }
    }

    private bool TryLoad(
        Manifest manifest,
        Dictionary<ulong, Segment> segments,
        ManifestSnapshot listed,
        SnapshotOrder order)
    {
        Begin();
        try
        {
            SnapshotSequence = IndexSnapshotReader.Load(
                _environment.Files,
                PathOf(listed.FileNumber),
                listed,
                manifest.StoreId,
                segments,
                State,
                ForWriting,
                order);
            return true;
        }
        catch (Exception damage) when (damage is CorruptionException or StorageNotFoundException)
        {
            _damaged.Add(listed.FileNumber);
            _skipped.Add(
                $"snapshot {FileNames.IndexSnapshot(listed.FileNumber)}: {damage.Message}");
            return false;
        }
    }

    /// <summary>
    /// Loads the newest of those that are whole but for the order of their keys: an index that had
    /// lost keys wrote them, and the log alone knows less.
    /// </summary>
    private bool TryMend(
        Manifest manifest,
        Dictionary<ulong, Segment> segments,
        List<ManifestSnapshot> disordered)
    {
        foreach (ManifestSnapshot listed in disordered)
        {
            SnapshotOrder order = new() { Mends = true };
            if (TryLoad(manifest, segments, listed, order))
            {
                // It is what the log is kept for until another one is written.
                _damaged.Remove(listed.FileNumber);
                _mended.Add($"snapshot {FileNames.IndexSnapshot(listed.FileNumber)}: {order}");
                return true;
            }
        }

        return false;
    }

    /// <summary>Loads once more, with as much from the log as there is, and compares.</summary>
    private void CheckIndex(
        Manifest manifest, LiveSet live, Dictionary<ulong, Segment> segments)
    {
        using EngineLoader other = new(
            _environment, _directory, _options with { CacheBytes = 0 })
        {
            StartsOldest = true,
            ReadsPastCache = ReadsPastCache,
            ForWriting = false,
        };
        other.LoadFirst(manifest, segments);
        other.Replay(live, manifest);
        IndexCheck.Run(_directory, State, other.State);
    }

    /// <summary>An empty state; one that was loaded in part is thrown away.</summary>
    private void Begin()
    {
        _state?.Dispose();
        _state = new CommittedIndex(
            new OrderedIndex(IndexMemory(_options.TestIndexChunkBytes)),
            new ValueCache(_options.CacheBytes, LargePages.Advise));
    }

    private static IndexOptions IndexMemory(int testChunkBytes) => testChunkBytes == 0
        ? new IndexOptions { ChunkAdvice = LargePages.Advise }
        : new IndexOptions
        {
            ChunkBytes = testChunkBytes,
            MaxChunks = 1 << 10,
            MaxPrefaultBytes = 0,
            PoisonFreedPages = true,
        };

    private void Replay(LiveSet live, Manifest manifest)
    {
        if (SnapshotSequence > live.LastSequence)
        {
            throw new CorruptionException(
                _directory,
                -1,
                $"the snapshot stands for sequence {SnapshotSequence}, the log ends at "
                + $"{live.LastSequence}");
        }

        long next = SnapshotSequence + 1;
        if (live.LastSequence >= next)
        {
            RequireGapless(live, next);
            LogView view = new(
                _directory,
                new SegmentMap([.. live.Segments], manifest.LowWaterSequence),
                live.LastSequence)
            {
                ReadsPastCache = ReadsPastCache,
            };
            using LogCursor cursor = new(view, _environment, next, ReadUpTo.Written);
            SortedReplay replay = new(State);
            while (cursor.TryReadRun(out ReadOnlySpan<byte> records, out long offset))
            {
                replay.Add(cursor.Segment!, offset, records);
            }

            replay.Flush();

            _replayed = cursor.NextSequence - next;
            next = cursor.NextSequence;
        }

        if (next != live.LastSequence + 1)
        {
            throw new CorruptionException(
                _directory, -1, $"the log ends at {live.LastSequence}, {next - 1} was reached");
        }

        State.Publish();
    }

    /// <summary>From the snapshot on nothing may be missing.</summary>
    private static void RequireGapless(LiveSet live, long from)
    {
        long next = from;
        foreach (Segment segment in live.Segments.Where(s => s.LastSequence >= from))
        {
            if (segment.FirstSequence > next)
            {
                throw new CorruptionException(
                    segment.Path,
                    -1,
                    $"the segment begins with sequence {segment.FirstSequence}, {next} must "
                    + "follow the snapshot");
            }

            next = segment.LastSequence + 1;
        }
    }

    /// <summary>Those that can be used, as far as is known; the others count no more.</summary>
    private List<RetainedSnapshot> Retain(Manifest manifest)
    {
        List<RetainedSnapshot> retained = [];
        foreach (ManifestSnapshot listed in manifest.Snapshots)
        {
            ulong number = listed.FileNumber;
            if (_damaged.Contains(number))
            {
                continue;
            }

            try
            {
                using SnapshotSource source = SnapshotSource.Open(
                    _environment.Files, PathOf(number), ForWriting);
                listed.Require(source.Header, PathOf(number));
                retained.Add(new RetainedSnapshot(
                    number,
                    source.Header.LogSequence,
                    source.Header.PayloadLength,
                    source.Header.Salt));
            }
            catch (Exception damage) when (damage is CorruptionException or StorageNotFoundException)
            {
                _skipped.Add($"snapshot {FileNames.IndexSnapshot(number)}: {damage.Message}");
            }
        }

        return retained;
    }

    /// <summary>
    /// Whether a file of a snapshot's name is one of this store: a snapshot that was written and not
    /// yet listed, or is not listed any more.
    /// </summary>
    private bool IsOurs(string path, Guid storeId)
    {
        try
        {
            using SnapshotSource source = SnapshotSource.Open(
                _environment.Files, path, forWriting: true);
            Span<byte> id = stackalloc byte[16];
            return source.Read(id) == id.Length && new Guid(id, bigEndian: true) == storeId;
        }
        catch (Exception error) when (error is CorruptionException or StorageNotFoundException
            or IncompatibleFormatException)
        {
            return false;
        }
    }

    private void FindChunkSets()
    {
        using PinnedRoot root = State.Index.Pin();
        List<long> orphans = [];
        IndexCursor markers = Within(root, KeyspaceTable.ChunkMarkers, backward: false);
        while (markers.MoveNext())
        {
            orphans.Add(IndexKey.ChunkSetOf(markers.Key));
        }

        IndexCursor chunks = Within(root, KeyspaceTable.Chunks, backward: true);
        OrphanedChunkSets = orphans;
        LastChunkSet = Math.Max(
            chunks.MoveNext() ? IndexKey.ChunkSetOf(chunks.Key) : 0,
            orphans.Count == 0 ? 0 : orphans.Max());
    }

    private static IndexCursor Within(PinnedRoot root, uint keyspace, bool backward) =>
        root.Seek(IndexKey.StartOf(keyspace), IndexKey.EndOf(keyspace), backward);
}
