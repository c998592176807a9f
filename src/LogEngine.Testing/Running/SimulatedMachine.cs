using LogEngine.Log;
using LogEngine.Telemetry;
using LogEngine.Testing.Disk;

namespace LogEngine.Testing.Running;

/// <summary>A disk, a clock and a seeded scheduler: everything a log needs from outside.</summary>
internal sealed class SimulatedMachine
{
    private readonly HashSet<WriteAheadLog> _alive = [];
    private readonly HashSet<EmbeddedEngine> _engines = [];

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

    /// <summary>Opens an engine; what opening throws is thrown.</summary>
    internal EmbeddedEngine OpenEngine(string directory, StorageEngineOptions options)
    {
        EmbeddedEngine engine = Wait(EmbeddedEngine.OpenAsync(
            Environment,
            directory,
            options with { TimeProvider = Time, TestIndexChunkBytes = 64 << 10 },
            CancellationToken.None)
            .AsTask());
        _engines.Add(engine);
        return engine;
    }

    /// <summary>Runs the simulation until a task is complete, and gives its result.</summary>
    internal T Wait<T>(Task<T> task)
    {
        Scheduler.RunUntil(() => task.IsCompleted, "a task");
        return task.GetAwaiter().GetResult();
    }

    internal void Wait(Task task)
    {
        Scheduler.RunUntil(() => task.IsCompleted, "a task");
        task.GetAwaiter().GetResult();
    }

    /// <summary>The process dies; the disk and its cache stay.</summary>
    internal void Kill()
    {
        Disk.KillProcess();
        Scheduler.Abandon();
        _alive.Clear();
        foreach (EmbeddedEngine engine in _engines)
        {
            Free(engine);
        }

        _engines.Clear();
    }

    /// <summary>The memory of an engine whose process has died.</summary>
    private static void Free(EmbeddedEngine engine)
    {
        engine.Lifetime.Maintenance.Abandon();
        // The instruments know every engine that is open, and would keep this one for good.
        EngineMetrics.Leave(engine);
        engine.Reads.Gate.Close();
        engine.Lifetime.State.Dispose();
        engine.Lifetime.Log.Writer.FreeBuffers();
    }

    /// <summary>
    /// Lets go of an engine that is not needed any more, and of the whole machine with it.
    /// </summary>
    internal void Discard(EmbeddedEngine engine)
    {
        Disk.BeforeChange = null;
        if (_engines.Contains(engine))
        {
            // Closing it instead, on a dead disk, would be a fifth of the time of a crash state.
            Kill();
        }
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
        catch (StorageFaultedException)
        {
            // Every file of it is dead.
        }
    }
}
