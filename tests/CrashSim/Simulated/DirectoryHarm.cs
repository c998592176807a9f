namespace LogEngine.CrashSim.Simulated;

/// <summary>What somebody does to a directory under its writer.</summary>
public enum DirectoryHarm
{
    /// <summary>LOCK is removed, and another writer opens the directory.</summary>
    LockRemoved,

    /// <summary>LOCK is renamed, and another writer opens the directory.</summary>
    LockRenamed,

    /// <summary>It is moved, and another writer makes a new store at its path.</summary>
    Moved,

    /// <summary>It is moved, and another writer opens a copy of it at its path.</summary>
    ReplacedByCopy,

    /// <summary>It is removed, and another writer opens a copy that was made just before.</summary>
    RemovedForCopy,

    /// <summary>It is removed, and another writer makes a new store at its path.</summary>
    RemovedForNew,

    /// <summary>It is removed, and nobody comes.</summary>
    Removed,
}
