namespace LogEngine.Testing.Running;

/// <summary>Continuations of a test's own code: further pieces of the simulation's work.</summary>
internal sealed class SimulatedContext(SimulatedScheduler scheduler) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state) =>
        scheduler.Queue(new Item(this, d, state));

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    private sealed class Item(SimulatedContext context, SendOrPostCallback callback, object? state)
        : IThreadPoolWorkItem
    {
        public void Execute()
        {
            SynchronizationContext? before = Current;
            SetSynchronizationContext(context);
            try
            {
                callback(state);
            }
            finally
            {
                SetSynchronizationContext(before);
            }
        }
    }
}
