namespace LogEngine.CrashSim.EngineFaults;

/// <summary>One thing that is done to an engine.</summary>
public enum EngineStep
{
    /// <summary>Puts a key, new or not.</summary>
    Put,

    /// <summary>Puts with less than power-loss durability, and waits.</summary>
    PutWeak,

    /// <summary>Removes a key, there or not.</summary>
    Delete,

    /// <summary>Removes a range of keys.</summary>
    DeleteRange,

    /// <summary>Put-if-absent and compare-and-set, some of which are refused.</summary>
    Conditional,

    /// <summary>A refusal as durable as can be, by a write that is not.</summary>
    RefusedByWeak,

    /// <summary>Removes keys until a segment is full of that.</summary>
    Tombstones,

    /// <summary>Values expire and are put anew while compaction removes them.</summary>
    ExpireBeside,

    /// <summary>Puts a value that expires soon, and a large one.</summary>
    Expiring,

    /// <summary>Values expire, small and large ones, and are put anew while they are swept.</summary>
    ExpireWhilePut,

    /// <summary>Values get another expiry: small and large ones, one that has expired, one that is not there.</summary>
    Touch,

    /// <summary>A batch over two keyspaces, one of them new.</summary>
    Batch,

    /// <summary>A value in chunks.</summary>
    Chunked,

    /// <summary>Several writes at once, conditions among them.</summary>
    Racing,

    /// <summary>Overwrites until a segment is full.</summary>
    Fill,

    /// <summary>A snapshot.</summary>
    Snapshot,

    /// <summary>Compacts and frees everything there is to.</summary>
    Compact,

    /// <summary>Compacts while others write.</summary>
    CompactBeside,

    /// <summary>Drops a keyspace.</summary>
    Drop,

    /// <summary>Opens a view, which is looked at again before the instance goes.</summary>
    HoldView,

    /// <summary>Lets forty seconds pass.</summary>
    Idle,

    /// <summary>Closes and opens.</summary>
    Reopen,

    /// <summary>The process dies; another one opens what the cache holds.</summary>
    Kill,

    /// <summary>Large values are overwritten and removed by what is not synced.</summary>
    LargeGivesWay,
}
