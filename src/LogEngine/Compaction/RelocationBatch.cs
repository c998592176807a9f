using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Compaction;

/// <summary>
/// Values to be moved, and expired ones to be removed. Each is written only if the index still has
/// it at the place it was read from when the group is sealed: what was overwritten meanwhile stays
/// overwritten.
/// </summary>
internal sealed class RelocationBatch : LateBatch
{
    private readonly CommittedIndex _state;
    private readonly List<Location> _sources = [];

    internal RelocationBatch(CommittedIndex state)
        : base(new LogBatch()) => _state = state;

    /// <summary>Encoded bytes of all of it.</summary>
    internal long Bytes { get; private set; }

    internal bool IsEmpty => _sources.Count == 0;

    /// <summary>Adds the move of a value, or its removal where it has expired.</summary>
    internal void Add(Location source, long version, in Operation value, bool expired)
    {
        Span<byte> head = stackalloc byte[OperationCodec.MaxHeadSize];
        int length = expired
            ? OperationCodec.WriteHead(
                head, OperationKind.Delete, default, value.Keyspace, value.Key.Length, 0, 0)
            : OperationCodec.WriteHead(
                head,
                OperationKind.Relocate,
                default,
                value.Keyspace,
                value.Key.Length,
                value.ExpiresTicks,
                version);
        ReadOnlySpan<byte> bytes = expired ? default : value.Value;
        Records.Add(head[..length], value.Key, bytes);
        _sources.Add(source);
        Bytes += RecordHeader.EncodedLength(length + value.Key.Length + bytes.Length);
    }

    internal override bool Judge() => true;

    internal override bool Keeps(int record)
    {
#if LOGENGINE_PLANTED_BUGS
        if (PlantedBugs.Is(PlantedBug.RelocationWithoutCondition))
        {
            return true;
        }
#endif
        return OperationCodec.TryRead(Records.Payload(record), out Operation operation)
            && _state.PointsAt(operation.Keyspace, operation.Key, _sources[record]);
    }
}
