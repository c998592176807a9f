namespace LogEngine;

/// <summary>What an acknowledged write survives. Levels may be mixed freely in one log.</summary>
/// <remarks>
/// A sequence acknowledged below <see cref="PowerLoss"/> may, after a power loss, be given to
/// another record: until <see cref="WriteAheadLog.DurableSequence"/> has passed it, it is not a
/// safe name for the record outside this process.
/// </remarks>
public enum Durability
{
    /// <summary>
    /// Acknowledged once ordered in memory. Lost when the process dies before the group is
    /// written, which follows without delay.
    /// </summary>
    None = 0,

    /// <summary>
    /// Acknowledged once handed to the operating system. Survives a kill of the process, not a
    /// crash of the operating system and not a power loss.
    /// </summary>
    ProcessCrash = 1,

    /// <summary>
    /// Acknowledged once the device has reported the data as durable. Survives a kill of the
    /// process, a crash of the operating system and a power loss. The default.
    /// </summary>
    PowerLoss = 2,

    /// <summary>
    /// Acknowledged once another machine has it too. Survives the loss of this one with its disks. Only
    /// where <see cref="EngineCapabilities.SurvivesMachineLoss"/> says so; else
    /// <see cref="UnsupportedDurabilityException"/>. Never of a log.
    /// </summary>
    MachineLoss = 3,
}
