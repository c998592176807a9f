using LogEngine.Storage;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.Conformance.Backends;

/// <summary>
/// An engine on the simulated disk, on one thread: each step is a power loss and an opening of what
/// it left, a subset of what was not synced, drawn from the seed.
/// </summary>
internal sealed class SimulatedSession : StoreSession
{
    private readonly int _seed;
    private readonly Queue<Action> _continuations = new();
    private SimulatedMachine _machine;
    private int _crashes;

    private SimulatedSession(int seed)
    {
        _seed = seed;
        _machine = new SimulatedMachine(new SimulatedFileSystem(), seed);
    }

    public override bool LosesUnsynced => true;

    public override TimeProvider Time => _machine.Time;

    protected override IFileSystem Files => _machine.Disk;

    protected override string Directory => "/store";

    internal SimulatedMachine Machine => _machine;

    /// <summary>Runs a case to its end on the calling thread.</summary>
    internal static void Run(int seed, Func<StoreSession, Task> body)
    {
        SimulatedSession session = new(seed);
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new Context(session._continuations));
        try
        {
            Task running = RunAsync(session, body);
            while (!running.IsCompleted)
            {
                session.RunSome(running);
            }

            running.GetAwaiter().GetResult();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
            session._machine.Kill();
        }
    }

    public override void Advance(TimeSpan by) => _machine.Time.Advance(by);

    public override Task StepAsync()
    {
        DateTimeOffset now = Time.GetUtcNow();
        SimulatedFileSystem left = Crash(_machine.Disk, unchecked((_seed * 1000) + _crashes++));
        _machine.Kill();
        _machine = new SimulatedMachine(left, unchecked((_seed * 31) + _crashes));

        // A battery keeps the wall clock.
        _machine.Time.Advance(now - Time.GetUtcNow());
        return StartAsync();
    }

    public override Task AtOnceAsync(int tasks, Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, tasks).Select(work));

    protected override ValueTask<StorageEngine> OpenEngineAsync() =>
        new(_machine.OpenEngine(Directory, Options));

    /// <summary>
    /// What a power loss leaves: nothing unsynced, all of it, or a subset, as the seed says.
    /// </summary>
    internal static SimulatedFileSystem Crash(SimulatedFileSystem disk, int seed)
    {
        CrashUnits units = CrashUnits.Of(disk.Snapshot(), 512);
        bool[] keep = new bool[units.Units.Count];
        switch (seed % 3)
        {
            case 0:
                break;
            case 1:
                Array.Fill(keep, true);
                break;
            default:
                CrashChoices.Draw(keep, units.Units, new Random(seed));
                break;
        }

        return units.Build(keep).Mount();
    }

    private static async Task RunAsync(StoreSession session, Func<StoreSession, Task> body)
    {
        await session.StartAsync();
        await body(session);
    }

    private void RunSome(Task running)
    {
        if (_continuations.TryDequeue(out Action? continuation))
        {
            continuation();
            return;
        }

        _machine.Scheduler.RunUntil(
            () => running.IsCompleted || _continuations.Count > 0, "a step of the case");
    }

    /// <summary>Continuations of the case's own code, whichever machine they waited for.</summary>
    private sealed class Context(Queue<Action> continuations) : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) =>
            continuations.Enqueue(() => d(state));

        public override void Send(SendOrPostCallback d, object? state) => d(state);

        public override SynchronizationContext CreateCopy() => this;
    }
}
