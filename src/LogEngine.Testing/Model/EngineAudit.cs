using LogEngine.Engine;
using LogEngine.Index;

namespace LogEngine.Testing.Model;

/// <summary>
/// Counts again what an engine keeps counts of: keys of keyspaces, live bytes and records of
/// segments, chunks of large values. Only while nothing is being committed.
/// </summary>
internal static class EngineAudit
{
    /// <summary>What does not add up; null where all does.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="swept">What a crash has left of large values must have been removed.</param>
    internal static string? Violation(EmbeddedEngine engine, bool swept = false)
    {
        CommittedIndex state = engine.Lifetime.State;
        using PinnedRoot root = state.Index.Pin();
        Tally tally = new();
        IndexCursor cursor = root.Seek([], []);
        while (cursor.MoveNext())
        {
            tally.Add(cursor.Key, cursor.Value);
        }

        return tally.SegmentProblem(state)
            ?? tally.KeyspaceProblem((RootFacts)root.Tag!)
            ?? tally.ChunkProblem(swept);
    }

    private sealed class Tally
    {
        private readonly Dictionary<int, (long Bytes, long Records)> _slots = [];
        private readonly Dictionary<uint, long> _keys = [];
        private readonly HashSet<long> _chunked = [];
        private readonly HashSet<long> _marked = [];
        private readonly HashSet<long> _referenced = [];

        internal void Add(ReadOnlySpan<byte> key, in IndexValue value)
        {
            uint keyspace = IndexKey.KeyspaceOf(key);
            _keys[keyspace] = _keys.GetValueOrDefault(keyspace) + 1;
            if (keyspace == KeyspaceTable.Chunks)
            {
                _chunked.Add(IndexKey.ChunkSetOf(key));
            }
            else if (keyspace == KeyspaceTable.ChunkMarkers)
            {
                _marked.Add(IndexKey.ChunkSetOf(key));
            }

            Location location = new(value.Location);
            if (location.IsChunkSet)
            {
                _referenced.Add(location.ChunkSet);
                return;
            }

            (long bytes, long records) = _slots.GetValueOrDefault(location.Slot);
            _slots[location.Slot] = (bytes + location.PaddedLength, records + 1);
        }

        internal string? SegmentProblem(CommittedIndex state)
        {
            foreach (SegmentSlot slot in state.Slots.All)
            {
                _slots.Remove(slot.Number, out (long Bytes, long Records) live);
                if (slot.LiveBytes != live.Bytes || slot.LiveRecords != live.Records)
                {
                    return $"audit: segment {slot.Segment.Header.SegmentId} counts "
                        + $"{slot.LiveRecords} records of {slot.LiveBytes} bytes, the index points "
                        + $"at {live.Records} of {live.Bytes}";
                }
            }

            return _slots.Count == 0
                ? null
                : $"audit: the index points into slots without a segment: "
                    + string.Join(',', _slots.Keys);
        }

        internal string? KeyspaceProblem(RootFacts facts)
        {
            long sum = 0;
            foreach ((uint id, string name) in facts.Keyspaces.Keyspaces)
            {
                _keys.Remove(id, out long keys);
                sum += keys;
                if (keys != facts.Counts[id])
                {
                    return $"audit: keyspace '{name}' counts {facts.Counts[id]}, it has {keys} keys";
                }

                if (!facts.Keyspaces.TryGetId(name, out uint named) || named != id)
                {
                    return $"audit: keyspace '{name}' has id {id}, its name says {named}";
                }
            }

            if (facts.Keys != sum)
            {
                return $"audit: the engine counts {facts.Keys} keys, it has {sum}";
            }

            uint left = _keys.Keys.FirstOrDefault(id => !KeyspaceTable.IsHidden(id));
            return left == 0 ? null : $"audit: keyspace {left} has keys and no name";
        }

        internal string? ChunkProblem(bool swept)
        {
            if (!_referenced.IsSubsetOf(_chunked))
            {
                return "audit: a large value has no chunks";
            }

            if (!_chunked.SetEquals(_referenced.Union(_marked)))
            {
                return "audit: chunks that nothing refers to and nothing marks";
            }

            return swept && _marked.Count > 0 ? "O9: orphaned chunks are not swept" : null;
        }
    }
}
