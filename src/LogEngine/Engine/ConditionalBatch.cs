using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>A version that a key must have: 0 for absence.</summary>
/// <param name="Keyspace">Id of its keyspace.</param>
/// <param name="Key">The key, owned.</param>
/// <param name="Expected">The version.</param>
internal readonly record struct Condition(uint Keyspace, byte[] Key, long Expected);

/// <summary>
/// Operations that are written only if every condition holds when they are committed, or that learn only
/// then what they are about.
/// </summary>
internal sealed class ConditionalBatch : LateBatch
{
    private readonly CommittedIndex _state;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<Condition> _conditions;
    private readonly IReadOnlyList<(int Operation, int At)> _sequenced;

    internal ConditionalBatch(
        CommittedIndex state,
        TimeProvider time,
        LogBatch operations,
        IReadOnlyList<Condition> conditions,
        IReadOnlyList<(int Operation, int At)> sequenced)
        : base(operations)
    {
        _sequenced = sequenced;
        _state = state;
        _time = time;
        _conditions = conditions;
    }

    /// <summary>The condition that did not hold; -1 if all did. There after the commit.</summary>
    internal int Failed { get; private set; } = -1;

    /// <summary>The version that was there instead.</summary>
    internal long Actual { get; private set; }

    /// <summary>
    /// A keyspace has been dropped since its id was looked up, so nothing was judged: under that id
    /// every key would look absent, and what is written to it would be nowhere. There after the
    /// commit; the batch is to be tried again with the ids that there are then.
    /// </summary>
    internal bool IsStale { get; private set; }

    internal override bool Judge()
    {
        IsStale = MeetsDrop();
        if (IsStale)
        {
            return false;
        }

        long now = _time.GetUtcNow().UtcTicks;
        for (int i = 0; i < _conditions.Count; i++)
        {
            Condition condition = _conditions[i];
            long version = _state.PendingVersion(condition.Keyspace, condition.Key, now);
            if (version != condition.Expected)
            {
                Failed = i;
                Actual = version;
                return false;
            }
        }

        SetTouched(now);
        SetSequences();
        return true;
    }

    /// <summary>
    /// Puts their sequences into the keys that hold them: the batch is written next, whole, behind all that
    /// has been applied.
    /// </summary>
    private void SetSequences()
    {
        foreach ((int operation, int at) in _sequenced)
        {
            OperationCodec.SetInKey(
                Records.MutablePayload(operation), at, _state.Applied + 1 + operation);
        }
    }

    /// <summary>Says in every touch which version it is about: the one that is there now.</summary>
    private void SetTouched(long now)
    {
        for (int i = 0; i < Records.Count; i++)
        {
            if (OperationCodec.KindOf(Records.Payload(i)) == OperationKind.Touch
                && OperationCodec.TryRead(Records.Payload(i), out Operation touch))
            {
                OperationCodec.SetVersion(
                    Records.MutablePayload(i),
                    _state.PendingVersion(touch.Keyspace, touch.Key, now));
            }
        }
    }

    private bool MeetsDrop()
    {
        uint last = KeyspaceTable.Chunks;
        for (int i = 0; i < Records.Count; i++)
        {
            uint id = OperationCodec.KeyspaceOf(Records.Payload(i));
            if (id != last && _state.IsDropped(id))
            {
                return true;
            }

            last = id;
        }

        foreach (Condition condition in _conditions)
        {
            if (_state.IsDropped(condition.Keyspace))
            {
                return true;
            }
        }

        return false;
    }
}
