using LogEngine.Stores.Shared;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Stores.Queues;

/// <summary>
/// One queue that is open on an engine, through however many objects: its state in memory, and what is
/// there once.
/// </summary>
internal sealed class SharedQueue
{
    private readonly CancellationTokenRegistration _engineStops;

    private SharedQueue(
        EmbeddedEngine engine,
        string name,
        QueueOptions options,
        QueueKeyspaces keyspaces,
        QueueState state)
    {
        Engine = engine;
        Name = name;
        Options = options;
        Keyspaces = keyspaces;
        State = state;
        _engineStops = engine.Stopping.UnsafeRegister(
            static queue => ((SharedQueue)queue!).EndWithEngine(), this);
        QueueMetrics.Enter(this);
    }

    internal EmbeddedEngine Engine { get; }

    internal string Name { get; }

    internal QueueOptions Options { get; }

    internal QueueState State { get; }

    /// <summary>One purge at a time.</summary>
    internal SemaphoreSlim Purging { get; } = new(1, 1);

    /// <summary>A moment's picture.</summary>
    internal QueueStatistics Statistics => State.Statistics(Keyspaces.Dead.Count);

    private QueueKeyspaces Keyspaces { get; }

    /// <summary>Opens one; name and options have been checked.</summary>
    internal static async Task<SharedQueue> OpenAsync(
        EmbeddedEngine engine, string name, QueueOptions options)
    {
        QueueKeyspaces keyspaces = new(engine, name);
        QueueScan scan;
        using (EmbeddedReadView view = engine.OpenReadView())
        {
            scan = QueueScan.Run(keyspaces, view);
        }

        await SweepAsync(engine, keyspaces, scan).ConfigureAwait(false);
        QueueState state = new(new QueueGate(engine, name, options, keyspaces, scan));
        SharedQueue queue = new(engine, name, options, keyspaces, state);
        queue.Tell(scan);
        return queue;
    }

    /// <summary>What an object of the queue works on.</summary>
    internal QueueParts PartsFor(QueueUser user) =>
        new(Engine, Name, Options, Keyspaces, State, user);

    /// <summary>The last object of it is closed, and nothing is on its way.</summary>
    internal async Task CloseAsync()
    {
        QueueMetrics.Leave(this);
        _engineStops.Unregister();
        State.Close();
        await State.Attempts.CloseAsync().ConfigureAwait(false);
    }

    private void EndWithEngine() => State.EndWithEngine(EngineEnd.CauseOf(Engine));

    private void Tell(QueueScan scan)
    {
        ILogger logger = LogCategories.Create(Engine.LoggerFactory, LogCategories.Queue);
        foreach ((string what, string instead, Exception error) in scan.Damage)
        {
            LogEvents.QueuePartUnreadable(logger, Name, what, instead, error);
        }

        QueueStatistics found = Statistics;
        LogEvents.QueueOpened(logger, Name, found.Ready, found.Scheduled, found.Dead);
    }

    /// <summary>Removes attempts whose messages have expired.</summary>
    private static async ValueTask SweepAsync(
        EmbeddedEngine engine, QueueKeyspaces keyspaces, QueueScan scan)
    {
        try
        {
            foreach (long[] some in scan.Orphans.Chunk(10_000))
            {
                WriteBatch batch = engine.CreateBatch();
                foreach (long id in some)
                {
                    batch.Delete(keyspaces.Attempts, QueueEntry.IdKey(id));
                }

                await engine.CommitAsync(batch, Durability.ProcessCrash).ConfigureAwait(false);
            }
        }
        catch (StorageReadOnlyException)
        {
            // Only looked at: whoever opens it for writing sweeps.
        }
    }
}
