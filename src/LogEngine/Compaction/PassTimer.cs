namespace LogEngine.Compaction;

/// <summary>Asks for a pass at a time, also where nobody writes.</summary>
internal sealed class PassTimer : IDisposable
{
    private readonly ITimer _timer;

    internal PassTimer(TimeProvider time, Action request) => _timer = time.CreateTimer(
        _ => request(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Instead of what was set before; null for never.</summary>
    internal void Set(TimeSpan? due) =>
        _timer.Change(due ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();
}
