using Microsoft.Extensions.Logging;

namespace LogEngine.Telemetry;

/// <summary>
/// Keeps what a logger throws away from those who log: among them is the preparer, whose failures
/// are the log's.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

#pragma warning disable CA1031 // Whatever a sink throws: there is nobody to tell but the sink itself.
    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // The event is lost, the store goes on.
        }
    }
#pragma warning restore CA1031
}
