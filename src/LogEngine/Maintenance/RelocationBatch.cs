using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Log;

namespace LogEngine.Maintenance;

/// <summary>
/// Values to be moved, and expired ones to be removed. Each is written only if the index still has
/// it at the place it was seen at when the group is sealed: what was overwritten meanwhile stays
/// overwritten; and a removal only if it has the expiry that was seen, too.
/// </summary>
internal sealed class RelocationBatch : LateBatch
{
    private readonly CommittedIndex _state;
    private readonly List<IndexValue> _sources = [];

    internal RelocationBatch(CommittedIndex state)
        : base(new LogBatch()) => _state = state;

    /// <summary>Encoded bytes of all of it.</summary>
    internal long Bytes { get; private set; }

    internal int Count => _sources.Count;

    internal bool IsEmpty => _sources.Count == 0;

    /// <summary>Adds the move of a value.</summary>
    internal void AddMove(in IndexValue source, in Operation value)
    {
        Span<byte> head = stackalloc byte[OperationCodec.MaxHeadSize];
        int length = OperationCodec.WriteHead(
            head,
            OperationKind.Relocate,
            default,
            value.Keyspace,
            value.Key.Length,
            source.ExpiresTicks,
            source.Version);
        Add(source, head[..length], value.Key, value.Value);
    }

    /// <summary>Adds the removal of a value, wherever its bytes are.</summary>
    internal void AddRemoval(in IndexValue source, uint keyspace, ReadOnlySpan<byte> key)
    {
        Span<byte> head = stackalloc byte[OperationCodec.MaxHeadSize];
        int length = OperationCodec.WriteHead(
            head, OperationKind.Delete, default, keyspace, key.Length, 0, 0);
        Add(source, head[..length], key, default);
    }

    internal override bool Judge() => true;

    internal override bool Keeps(int record)
    {
        IndexValue seen = _sources[record];
        return OperationCodec.TryRead(Records.Payload(record), out Operation operation)
            && _state.TryGetPending(operation.Keyspace, operation.Key, out IndexValue now)
            && now.Location == seen.Location
            && (operation.Kind == OperationKind.Relocate || now.ExpiresTicks == seen.ExpiresTicks);
    }

    private void Add(
        in IndexValue source,
        ReadOnlySpan<byte> head,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value)
    {
        Records.Add(head, key, value);
        _sources.Add(source);
        Bytes += RecordHeader.EncodedLength(head.Length + key.Length + value.Length);
    }
}
