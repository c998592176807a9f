using LogEngine.Log;
using LogEngine.Testing.Disk;

namespace LogEngine.Testing.Running;

/// <summary>A disk, a clock and a seeded scheduler: everything a log needs from outside.</summary>
internal sealed class SimulatedMachine
{
    private readonly HashSet<WriteAheadLog> _alive = [];

    internal SimulatedMachine(SimulatedFileSystem disk, int seed)
    {
        Disk = disk;
        Scheduler = new SimulatedScheduler(seed, Time);
        Environment = new LogEnvironment(disk, Scheduler, Scheduler.NextRandom);
    }

    internal SimulatedFileSystem Disk { get; }

    internal SimulatedTime Time { get; } = new();

    internal SimulatedScheduler Scheduler { get; }

    internal LogEnvironment Environment { get; }

    /// <summary>Opens a log; what opening throws is thrown.</summary>
    internal WriteAheadLog Open(string directory, WriteAheadLogOptions options)
    {
        WriteAheadLog log = Wait(WriteAheadLog.OpenAsync(
            Environment, directory, options with { TimeProvider = Time }, CancellationToken.None)
            .AsTask());
        _alive.Add(log);
        return log;
    }

    /// <summary>Runs the simulation until a task is complete, and gives its result.</summary>
    internal T Wait<T>(Task<T> task)
    {
        Scheduler.Until(task);
        return task.GetAwaiter().GetResult();
    }

    internal void Wait(Task task)
    {
        Scheduler.Until(task);
        task.GetAwaiter().GetResult();
    }

    /// <summary>The process dies; the disk and its cache stay.</summary>
    internal void Kill()
    {
        Disk.KillProcess();
        Scheduler.Abandon();
        _alive.Clear();
    }

    /// <summary>
    /// Lets go of the memory of a log that is not needed any more; the disk is lost.
    /// </summary>
    internal void Discard(WriteAheadLog log)
    {
        Disk.BeforeChange = null;
        Disk.KillProcess();
        if (!_alive.Remove(log))
        {
            // Killed before: nobody runs its work any more, its memory goes with its finalizers.
            return;
        }

        try
        {
            Wait(log.CloseAsync().AsTask());
        }
        catch (EngineFaultedException)
        {
            // Every file of it is dead.
        }
    }
}
