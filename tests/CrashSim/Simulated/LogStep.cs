namespace LogEngine.CrashSim.Simulated;

/// <summary>One thing done to a log by a workload.</summary>
public enum LogStep
{
    /// <summary>Appends at the level None, without waiting.</summary>
    None,

    /// <summary>Appends at the level ProcessCrash and waits.</summary>
    Process,

    /// <summary>Appends at the level PowerLoss and waits.</summary>
    Power,

    /// <summary>Appends three at PowerLoss at once and waits for all.</summary>
    Three,

    /// <summary>Appends, blocking.</summary>
    Blocking,

    /// <summary>Appends a batch of three records and waits.</summary>
    Batch,

    /// <summary>Appends a record larger than a group may be and waits.</summary>
    Oversize,

    /// <summary>Flushes.</summary>
    Flush,

    /// <summary>Truncates everything.</summary>
    Truncate,

    /// <summary>Truncates the older half.</summary>
    TruncateHalf,

    /// <summary>Appends until a new segment is begun.</summary>
    Roll,

    /// <summary>Lets two seconds pass.</summary>
    Idle,

    /// <summary>Closes and opens.</summary>
    Reopen,

    /// <summary>Kills the process, the machine goes on, and opens.</summary>
    Kill,

    /// <summary>Appends four at PowerLoss, each while earlier ones may be on their way; waits for all.</summary>
    Overlap,

    /// <summary>Appends three at ProcessCrash, one after the other, that fit in one block.</summary>
    Grow,
}
