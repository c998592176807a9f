using LogEngine.Engine;
using LogEngine.Log;
using Microsoft.Extensions.Logging;

namespace LogEngine.Maintenance;

/// <summary>The running engine that is maintained, as all the parts of maintenance see it.</summary>
internal sealed record MaintainedEngine
{
    internal required StorageEngineOptions Options { get; init; }

    /// <summary>Its file system is the directory that is held.</summary>
    internal required LogEnvironment Environment { get; init; }

    internal required LogWriter Log { get; init; }

    /// <summary>The index.</summary>
    internal required CommittedIndex State { get; init; }

    /// <summary>Changes the manifest, and frees segments by it.</summary>
    internal required IStoreFiles Store { get; init; }

    internal required SpaceReserve Reserve { get; init; }

    /// <summary>Returns when everybody who reads at the call has done so.</summary>
    internal required Action WaitForReaders { get; init; }

    internal required ILogger Logger { get; init; }

    internal IScheduler Scheduler => Environment.Scheduler;

    internal TimeProvider Time => Options.TimeProvider;
}
