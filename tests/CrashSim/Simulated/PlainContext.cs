namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// No synchronization context for a while: under that of the test runner a continuation would go to the
/// thread pool, out of the simulation.
/// </summary>
internal readonly struct PlainContext : IDisposable
{
    private readonly SynchronizationContext? _before;

    private PlainContext(SynchronizationContext? before) => _before = before;

    internal static PlainContext Enter()
    {
        PlainContext context = new(SynchronizationContext.Current);
        SynchronizationContext.SetSynchronizationContext(null);
        return context;
    }

    public void Dispose() => SynchronizationContext.SetSynchronizationContext(_before);
}
