namespace LogEngine.Log;

/// <summary>One of the threads that commit. They are alike: whichever finds work does it.</summary>
internal sealed class CommitThread
{
    private readonly IWorker _worker;

    internal CommitThread(Func<CommitThread, bool> step, IScheduler scheduler, string name) =>
        _worker = scheduler.StartWorker(name, () => step(this));

    /// <summary>It sleeps, or is about to, and must be woken for work. Under the gate.</summary>
    internal bool IsParked { get; set; }

    /// <summary>It waits for the disk and looks for no work meanwhile. Under the gate.</summary>
    internal bool IsFlying { get; set; }

    /// <summary>Launched and not yet written: a step of a simulation ends between the two.</summary>
    internal Group? Launched { get; set; }

    /// <summary>Wakes it; whoever calls has taken it out of 'parked'.</summary>
    internal void Wake() => _worker.Wake();

    internal Task StopAsync() => _worker.StopAsync();
}
