using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogEngine.Telemetry;

/// <summary>Categories of log events, and loggers for them.</summary>
internal static class LogCategories
{
    internal const string Log = "LogEngine.WriteAheadLog";
    internal const string Engine = "LogEngine.StorageEngine";
    internal const string Checkpoints = "LogEngine.CheckpointStore";
    internal const string Queue = "LogEngine.DurableQueue";
    internal const string Topic = "LogEngine.Topic";

    /// <summary>A logger that cannot break what it tells of; of nobody where there is no factory.</summary>
    internal static ILogger Create(ILoggerFactory? factory, string category) =>
        factory is null or NullLoggerFactory
            ? NullLogger.Instance
            : new GuardedLogger(factory.CreateLogger(category));
}
