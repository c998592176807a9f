using LogEngine.Testing.Running;

namespace LogEngine.Stress.Simulated;

/// <summary>Lets others go first: what follows is one more piece of the simulation's work.</summary>
internal sealed class Turn : IThreadPoolWorkItem
{
    // Its continuation runs in the piece of work, on the simulation's one thread.
    private readonly TaskCompletionSource _taken = new();

    internal static Task Of(SimulatedScheduler scheduler)
    {
        Turn turn = new();
        scheduler.Queue(turn);
        return turn._taken.Task;
    }

    public void Execute() => _taken.SetResult();
}
