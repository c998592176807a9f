using LogEngine.Caching;
using LogEngine.Engine;
using LogEngine.Index;
using LogEngine.Log;
using LogEngine.Snapshots;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Brings an index up to a log: the newest snapshot that is whole, then what the log holds behind it.
/// </summary>
/// <remarks>
/// A snapshot that is damaged or missing is passed over for an older one, with a warning; the log
/// still has all that is needed, since nothing is freed before the oldest retained one lets it go.
/// Without any, the log alone gives the state, but only while nothing was ever freed.
/// </remarks>
internal sealed class IndexLoad : IDisposable
{
    private readonly LogEnvironment _environment;
    private readonly FoundLog _found;
    private readonly StorageEngineOptions _options;
    private readonly Dictionary<ulong, Segment> _segments;
    private CommittedIndex _state;

    /// <param name="environment">Where work runs.</param>
    /// <param name="found">The log.</param>
    /// <param name="options">How much memory there is.</param>
    internal IndexLoad(LogEnvironment environment, FoundLog found, StorageEngineOptions options)
    {
        _environment = environment with { Files = found.Files };
        _found = found;
        _options = options;
        _segments = found.Live.Segments.ToDictionary(s => s.Header.SegmentId);
        _state = NewState();
    }

    /// <summary>
    /// Whether to begin with the oldest snapshot, or with none as long as the log has everything, so
    /// that as much as can be comes from the log.
    /// </summary>
    internal bool StartsOldest { get; init; }

    /// <summary>What was loaded.</summary>
    internal CommittedIndex State => _state;

    /// <summary>The snapshot that was loaded; 0 for none.</summary>
    internal long SnapshotSequence { get; private set; }

    /// <summary>Records that were applied behind it.</summary>
    internal long ReplayedRecords { get; private set; }

    /// <summary>Numbers of the snapshots that cannot be used.</summary>
    internal HashSet<ulong> Damaged { get; } = [];

    /// <summary>Those snapshots, and why.</summary>
    internal List<string> Skipped { get; } = [];

    /// <summary>Snapshots that were not in order and were used all the same.</summary>
    internal List<string> Mended { get; } = [];

    /// <summary>Loads a snapshot; all of them are too damaged where it throws.</summary>
    internal void LoadSnapshot()
    {
        Manifest manifest = _found.Manifest;

        // Oldest first and nothing freed: everything comes from the log.
        List<ManifestSnapshot> disordered = [];
        IEnumerable<ManifestSnapshot> listed = StartsOldest && !manifest.AnythingFreed
            ? []
            : manifest.Snapshots;
        foreach (ManifestSnapshot one in StartsOldest ? listed : listed.Reverse())
        {
            SnapshotOrder order = new();
            if (TryLoad(one, order))
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
            SnapshotSequence = 0;
        }
        else if (!TryMend(disordered))
        {
            throw new CorruptionException(
                _found.Directory,
                -1,
                "no snapshot of the index is whole, and the log alone does not hold everything "
                + $"any more: {string.Join("; ", Skipped)}");
        }
    }

    /// <summary>Applies what the log holds behind the snapshot, and publishes it.</summary>
    internal void Replay()
    {
        LiveSet live = _found.Live;
        if (SnapshotSequence > live.LastSequence)
        {
            throw new CorruptionException(
                _found.Directory,
                -1,
                $"the snapshot stands for sequence {SnapshotSequence}, the log ends at "
                + $"{live.LastSequence}");
        }

        long next = SnapshotSequence + 1;
        if (live.LastSequence >= next)
        {
            RequireGapless(live, next);
            LogView view = new(
                _found.Directory,
                new SegmentMap([.. live.Segments], _found.Manifest.LowWaterSequence),
                live.LastSequence)
            {
                // Opening for writing has just read the newest segment from the device.
                ReadsPastCache = !_found.ForWriting,
            };
            using LogCursor cursor = new(view, _environment, next, ReadUpTo.Written);
            SortedReplay replay = new(State);
            while (cursor.TryReadRun(out ReadOnlySpan<byte> records, out long offset))
            {
                replay.Add(cursor.Segment!, offset, records);
            }

            replay.Flush();

            ReplayedRecords = cursor.NextSequence - next;
            next = cursor.NextSequence;
        }

        if (next != live.LastSequence + 1)
        {
            throw new CorruptionException(
                _found.Directory,
                -1,
                $"the log ends at {live.LastSequence}, {next - 1} was reached");
        }

        State.Publish();
    }

    public void Dispose() => _state.Dispose();

    private bool TryLoad(ManifestSnapshot listed, SnapshotOrder order)
    {
        string name = FileNames.IndexSnapshot(listed.FileNumber);
        try
        {
            SnapshotSequence = IndexSnapshotReader.Load(
                new SnapshotPlace(
                    _found.Files,
                    Path.Combine(_found.Directory, name),
                    listed,
                    _found.Manifest.StoreId,
                    _found.ForWriting && !StartsOldest),
                _segments,
                State,
                order);
            return true;
        }
        catch (Exception damage) when (damage is CorruptionException or StorageNotFoundException)
        {
            // What was loaded in part counts for nothing.
            _state.Dispose();
            _state = NewState();
            Damaged.Add(listed.FileNumber);
            Skipped.Add($"snapshot {name}: {damage.Message}");
            return false;
        }
    }

    /// <summary>
    /// Loads the newest of those that are whole but for the order of their keys: an index that had
    /// lost keys wrote them, and the log alone knows less.
    /// </summary>
    private bool TryMend(List<ManifestSnapshot> disordered)
    {
        foreach (ManifestSnapshot listed in disordered)
        {
            SnapshotOrder order = new() { Mends = true };
            if (TryLoad(listed, order))
            {
                // It is what the log is kept for until another one is written.
                Damaged.Remove(listed.FileNumber);
                Mended.Add($"snapshot {FileNames.IndexSnapshot(listed.FileNumber)}: {order}");
                return true;
            }
        }

        return false;
    }

    private CommittedIndex NewState() => new(
        new OrderedIndex(IndexMemory(_options.TestIndexChunkBytes)),
        new ValueCache(
            _options.CacheBytesWithin(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes),
            LargePages.Advise));

    private static IndexOptions IndexMemory(int testChunkBytes) => testChunkBytes == 0
        ? new IndexOptions { ChunkAdvice = LargePages.Advise }
        : new IndexOptions
        {
            ChunkBytes = testChunkBytes,
            MaxChunks = 1 << 10,
            MaxPrefaultBytes = 0,
            PoisonFreedPages = true,
        };

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
}
