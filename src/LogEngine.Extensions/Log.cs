using Microsoft.Extensions.Logging;

namespace LogEngine.Extensions;

/// <summary>Log messages; event ids are stable, docs/metrics.md lists them.</summary>
internal static partial class Log
{
    [LoggerMessage(
        200, LogLevel.Information, "LogEngine '{Engine}' is open, of kind '{Kind}', with {Stores} stores.")]
    internal static partial void Opened(ILogger logger, string engine, string kind, int stores);

    [LoggerMessage(201, LogLevel.Information, "LogEngine '{Engine}' is closed.")]
    internal static partial void Closed(ILogger logger, string engine);

    [LoggerMessage(202, LogLevel.Error, "LogEngine '{Engine}' was closed after a fault.")]
    internal static partial void ClosedFaulted(ILogger logger, string engine, Exception fault);

    [LoggerMessage(
        210,
        LogLevel.Warning,
        "Message {Id} of queue '{Queue}' failed in delivery {Delivery}.")]
    internal static partial void HandlerFailed(
        ILogger logger, long id, string queue, int delivery, Exception error);

    [LoggerMessage(
        220, LogLevel.Warning, "Recurring message '{Name}' of queue '{Queue}' is not enqueued.")]
    internal static partial void RecurringFailed(
        ILogger logger, string name, string queue, Exception error);

    [LoggerMessage(
        221, LogLevel.Error, "Recurring messages of queue '{Queue}' were stopped by a failure.")]
    internal static partial void RecurringStopped(ILogger logger, string queue, Exception error);

    [LoggerMessage(211, LogLevel.Information, "Processor of queue '{Queue}' has started.")]
    internal static partial void ProcessorStarted(ILogger logger, string queue);

    [LoggerMessage(212, LogLevel.Information, "Processor of queue '{Queue}' has stopped.")]
    internal static partial void ProcessorStopped(ILogger logger, string queue);

    [LoggerMessage(213, LogLevel.Error, "Processor of queue '{Queue}' was stopped by a failure.")]
    internal static partial void ProcessorFailed(ILogger logger, string queue, Exception error);
}
