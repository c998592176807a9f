using System.Text;
using LogEngine.Engine;
using LogEngine.Index;

namespace LogEngine.Inspection;

/// <summary>Reads the values of an index that was established from a damaged engine.</summary>
internal sealed class SalvagedValues(CommittedIndex state, ValueReader values, string directory)
{
    /// <summary>Where values go whose key is lost.</summary>
    private const string KeylessKeyspace = "salvaged-values";

    private readonly List<VerifyFinding> _findings = [];
    private readonly List<LostValue> _lost = [];

    internal IReadOnlyList<VerifyFinding> Findings => _findings;

    /// <summary>What is known to have been there and cannot be read.</summary>
    internal IReadOnlyList<LostValue> Lost => _lost;

    /// <summary>
    /// Everything that is live and readable, in order of keyspace and key; the value is valid until
    /// the next is asked for. What cannot be read is among the lost.
    /// </summary>
    internal IEnumerable<(string Keyspace, byte[] Key, ReadOnlyMemory<byte> Value, long Expires)>
        Read()
    {
        using PinnedRoot root = state.Index.Pin();
        HashSet<long> referenced = [];
        foreach ((uint id, string name) in state.Facts.Keyspaces.Keyspaces)
        {
            IndexCursor cursor = Within(root, id);
            while (cursor.MoveNext())
            {
                byte[] full = cursor.Key.ToArray();
                IndexValue entry = cursor.Value;
                if (new Location(entry.Location) is { IsChunkSet: true } location)
                {
                    referenced.Add(location.ChunkSet);
                }

                using PooledBytes bytes = new();
                if (TryRead(root, entry, full, name, bytes))
                {
                    yield return (
                        name,
                        full[IndexKey.PrefixSize..],
                        bytes.Written.ToArray(),
                        entry.ExpiresTicks);
                }
            }
        }

        foreach (long set in Keyless(root, referenced))
        {
            byte[] key = Encoding.UTF8.GetBytes($"set-{set}");
            using PooledBytes bytes = new();
            IndexValue entry = new(0, Location.OfChunkSet(set).Word, 0);
            if (TryRead(root, entry, [0, 0, 0, 0, .. key], KeylessKeyspace, bytes))
            {
                yield return (KeylessKeyspace, key, bytes.Written.ToArray(), 0);
            }
        }
    }

    private static IndexCursor Within(PinnedRoot root, uint keyspace) =>
        root.Seek(IndexKey.StartOf(keyspace), IndexKey.EndOf(keyspace));

    /// <summary>
    /// Large values whose chunks are there and whose key is lost: the record that names it holds
    /// nothing but that, so only a snapshot knows it once its segment is freed.
    /// </summary>
    private List<long> Keyless(PinnedRoot root, HashSet<long> referenced)
    {
        HashSet<long> unpublished = [];
        for (IndexCursor at = Within(root, KeyspaceTable.ChunkMarkers); at.MoveNext();)
        {
            unpublished.Add(IndexKey.ChunkSetOf(at.Key));
        }

        List<long> keyless = [];
        for (IndexCursor at = Within(root, KeyspaceTable.Chunks); at.MoveNext();)
        {
            long set = IndexKey.ChunkSetOf(at.Key);
            if ((keyless.Count == 0 || keyless[^1] != set)
                && !referenced.Contains(set)
                && !unpublished.Contains(set))
            {
                keyless.Add(set);
                _findings.Add(new VerifyFinding(
                    FindingSeverity.Corruption,
                    directory,
                    -1,
                    $"the key of a large value is lost; the value is in '{KeylessKeyspace}' as "
                    + $"'set-{set}'"));
            }
        }

        return keyless;
    }

    private bool TryRead(
        PinnedRoot root, in IndexValue entry, byte[] key, string keyspace, PooledBytes into)
    {
        try
        {
            Location location = new(entry.Location);
            if (location.IsChunkSet)
            {
                values.ReadChunks(root, location.ChunkSet, into);
            }
            else
            {
                values.ReadPinned(entry, key, into);
            }

            return true;
        }
        catch (Exception damage) when (damage is CorruptionException or StorageIOException)
        {
            _lost.Add(new LostValue(
                keyspace, key.AsMemory(IndexKey.PrefixSize), entry.Version, damage.Message));
            return false;
        }
    }
}
