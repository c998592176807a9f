using LogEngine.Engine;
using LogEngine.Index;
using LogEngine.Log;
using LogEngine.Snapshots;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Loads an engine on a log that was found: the index, the snapshots that count, the large values that
/// a crash left without a key.
/// </summary>
/// <remarks>For one opening. It is disposed of, with what it has loaded, where that fails.</remarks>
internal sealed class EngineLoader(LogEnvironment environment, StorageEngineOptions options)
    : IStoreLoader, IDisposable
{
    private LoadedEngine? _loaded;

    /// <summary>What was loaded; there once the log is open.</summary>
    internal LoadedEngine Loaded => _loaded!;

    public ILoadedStore Load(FoundLog found, StepClock clock)
    {
        IndexLoad index = new(environment, found, options);
        try
        {
            return _loaded = Load(index, found, clock);
        }
        catch
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>Frees what was loaded; opening failed.</summary>
    public void Dispose() => _loaded?.Dispose();

    private LoadedEngine Load(IndexLoad index, FoundLog found, StepClock clock)
    {
        index.LoadSnapshot();
        clock.Mark("snapshot");
        index.Replay();
        clock.Mark("replay");
        foreach (Segment segment in found.Live.Segments)
        {
            index.State.Slots.Of(segment).NoteLoaded(found.Live.LastSequence);
        }

        if (options.CheckIndex)
        {
            CheckIndex(index.State, found);
            clock.Mark("index check");
        }

        List<RetainedSnapshot> retained = Retain(found, index);
        (long last, List<long> orphans) = FindChunkSets(index.State);
        return new LoadedEngine
        {
            State = index.State,
            SnapshotSequence = index.SnapshotSequence,
            ReplayedRecords = index.ReplayedRecords,
            SkippedSnapshots = index.Skipped,
            Warnings = index.Mended,
            Unlisted = [.. FindUnlisted(found)],
            Retained = retained,
            LastChunkSet = last,
            OrphanedChunkSets = orphans,
        };
    }

    /// <summary>Loads once more, with as much from the log as there is, and compares.</summary>
    private void CheckIndex(CommittedIndex loaded, FoundLog found)
    {
        using IndexLoad other = new(environment, found, options with { CacheBytes = 0 })
        {
            StartsOldest = true,
        };
        other.LoadSnapshot();
        other.Replay();
        IndexCheck.Run(found.Directory, loaded, other.State);
    }

    /// <summary>Those that can be used, as far as is known; the others count no more.</summary>
    private static List<RetainedSnapshot> Retain(FoundLog found, IndexLoad index)
    {
        List<RetainedSnapshot> retained = [];
        foreach (ManifestSnapshot listed in found.Manifest.Snapshots)
        {
            ulong number = listed.FileNumber;
            if (index.Damaged.Contains(number))
            {
                continue;
            }

            try
            {
                string path = PathOf(found, number);
                using SnapshotSource source = SnapshotSource.Open(
                    found.Files, path, found.ForWriting);
                listed.Require(source.Header, path);
                retained.Add(new RetainedSnapshot(
                    number,
                    source.Header.LogSequence,
                    source.Header.PayloadLength,
                    source.Header.Salt));
            }
            catch (Exception damage) when (damage is CorruptionException or StorageNotFoundException)
            {
                index.Skipped.Add($"snapshot {FileNames.IndexSnapshot(number)}: {damage.Message}");
            }
        }

        return retained;
    }

    /// <summary>Snapshots of this store that are not listed: not yet, or not any more.</summary>
    private static IEnumerable<string> FindUnlisted(FoundLog found) => found.Survey.Snapshots
        .Except(found.Manifest.Snapshots.Select(s => s.FileNumber))
        .Select(number => PathOf(found, number))
        .Where(path => IsOurs(found, path));

    private static bool IsOurs(FoundLog found, string path)
    {
        try
        {
            using SnapshotSource source = SnapshotSource.Open(found.Files, path, forWriting: true);
            Span<byte> id = stackalloc byte[16];
            return source.Read(id) == id.Length
                && new Guid(id, bigEndian: true) == found.Manifest.StoreId;
        }
        catch (Exception error) when (error is CorruptionException or StorageNotFoundException
            or IncompatibleFormatException)
        {
            // Nothing is removed that does not say whose it is; it is in nobody's way.
            return false;
        }
    }

    private static (long Last, List<long> Orphans) FindChunkSets(CommittedIndex state)
    {
        using PinnedRoot root = state.Index.Pin();
        List<long> orphans = [];
        IndexCursor markers = Within(root, KeyspaceTable.ChunkMarkers, backward: false);
        while (markers.MoveNext())
        {
            orphans.Add(IndexKey.ChunkSetOf(markers.Key));
        }

        IndexCursor chunks = Within(root, KeyspaceTable.Chunks, backward: true);
        long last = Math.Max(
            chunks.MoveNext() ? IndexKey.ChunkSetOf(chunks.Key) : 0,
            orphans.Count == 0 ? 0 : orphans.Max());
        return (last, orphans);
    }

    private static IndexCursor Within(PinnedRoot root, uint keyspace, bool backward) =>
        root.Seek(IndexKey.StartOf(keyspace), IndexKey.EndOf(keyspace), backward);

    private static string PathOf(FoundLog found, ulong number) =>
        Path.Combine(found.Directory, FileNames.IndexSnapshot(number));
}
