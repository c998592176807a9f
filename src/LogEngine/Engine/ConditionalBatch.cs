using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>A version that a key must have: 0 for absence.</summary>
/// <param name="Keyspace">Id of its keyspace.</param>
/// <param name="Key">The key, owned.</param>
/// <param name="Expected">The version.</param>
internal readonly record struct Condition(uint Keyspace, byte[] Key, long Expected);

/// <summary>Operations that are written only if every condition holds when they are committed.</summary>
internal sealed class ConditionalBatch : LateBatch
{
    private readonly CommittedIndex _state;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<Condition> _conditions;

    internal ConditionalBatch(
        CommittedIndex state,
        TimeProvider time,
        LogBatch operations,
        IReadOnlyList<Condition> conditions)
        : base(operations)
    {
        _state = state;
        _time = time;
        _conditions = conditions;
    }

    /// <summary>The condition that did not hold; -1 if all did. There after the commit.</summary>
    internal int Failed { get; private set; } = -1;

    /// <summary>The version that was there instead.</summary>
    internal long Actual { get; private set; }

    internal override bool Judge()
    {
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

        return true;
    }
}
