namespace LogEngine.Log;

/// <summary>What the commit path of one log is made of; put together in <see cref="LogWriter"/> only.</summary>
internal sealed record CommitParts
{
    internal required LogView View { get; init; }

    /// <summary>What appenders and the commit role share.</summary>
    internal required CommitQueue Queue { get; init; }

    /// <summary>Appends that wait for room.</summary>
    internal required AdmissionLine Line { get; init; }

    internal required CommitThreads Threads { get; init; }

    internal required GroupWriter Writer { get; init; }

    internal required LogFault Fault { get; init; }

    /// <summary>What is due while nothing is written.</summary>
    internal required IdleWork Idle { get; init; }

    internal required Gathering Gathering { get; init; }

    /// <summary>How many groups gain something by flying; null where as many fly as may.</summary>
    internal required FlightGauge? Gauge { get; init; }

    internal required Preparer Preparer { get; init; }

    internal required IScheduler Scheduler { get; init; }

    /// <summary>Follows what is committed; null for a bare log.</summary>
    internal required IGroupObserver? Observer { get; init; }
}
