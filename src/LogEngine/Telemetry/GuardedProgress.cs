using Microsoft.Extensions.Logging;

namespace LogEngine.Telemetry;

/// <summary>Keeps what a caller's progress throws away from the work that tells it.</summary>
internal sealed class GuardedProgress<T>(IProgress<T> inner, ILoggerFactory loggers) : IProgress<T>
{
    /// <summary>Null where nobody wants to know.</summary>
    internal static IProgress<T>? Of(IProgress<T>? inner, ILoggerFactory loggers) =>
        inner is null ? null : new GuardedProgress<T>(inner, loggers);

    public void Report(T value)
    {
        try
        {
            inner.Report(value);
        }
#pragma warning disable CA1031 // Whatever it throws: the work goes on.
        catch (Exception error)
        {
            LogEvents.CallbackFailed(
                LogCategories.Create(loggers, LogCategories.Engine),
                $"IProgress<{typeof(T).Name}>",
                error);
        }
#pragma warning restore CA1031
    }
}
