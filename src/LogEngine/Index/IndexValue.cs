namespace LogEngine.Index;

/// <summary>What the index knows of a key.</summary>
/// <param name="Version">Sequence of the write that made the value.</param>
/// <param name="Location">Where the value is; opaque to the index.</param>
/// <param name="ExpiresTicks">UTC ticks from which on it is absent; 0 = never.</param>
internal readonly record struct IndexValue(long Version, ulong Location, long ExpiresTicks)
{
    /// <summary>Whether it is absent at a time. Nothing else decides that.</summary>
    internal bool IsExpiredAt(long utcTicks) => MayExpire && ExpiresTicks <= utcTicks;

    /// <summary>Whether it is absent at some time: of all others nobody need ask a clock.</summary>
    internal bool MayExpire => ExpiresTicks != 0;
}
