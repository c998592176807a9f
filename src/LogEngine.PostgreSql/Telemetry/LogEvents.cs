using Microsoft.Extensions.Logging;

namespace LogEngine.PostgreSql.Telemetry;

/// <summary>What the engine on PostgreSQL logs; docs/postgresql.md says what each means.</summary>
internal static partial class LogEvents
{
    internal const string Category = "LogEngine.PostgreSql";

    [LoggerMessage(
        80, LogLevel.Information,
        "Opened {Server}: {Level} by default, machine loss survived: {SurvivesMachineLoss}.")]
    internal static partial void Opened(
        ILogger logger, string server, Durability level, bool survivesMachineLoss);

    [LoggerMessage(81, LogLevel.Debug, "A connection to {Server} is made; its first commit is confirmed.")]
    internal static partial void Connected(ILogger logger, string server);

    [LoggerMessage(
        82, LogLevel.Warning,
        "A connection to {Server} was lost while a group of {Requests} writes was committed; it is found out "
            + "what became of it.")]
    internal static partial void CommitInDoubt(
        ILogger logger, string server, int requests, Exception error);

    [LoggerMessage(
        83, LogLevel.Information, "The group whose connection to {Server} was lost: {Outcome}.")]
    internal static partial void DoubtResolved(ILogger logger, string server, string outcome);

    [LoggerMessage(
        84, LogLevel.Error,
        "What became of a group of {Requests} writes to {Server} could not be found out in time.")]
    internal static partial void OutcomeUnknown(
        ILogger logger, string server, int requests, Exception? error);

    [LoggerMessage(85, LogLevel.Debug, "A group of writes to {Server} met another one and is tried again.")]
    internal static partial void Collided(ILogger logger, string server, Exception error);

    [LoggerMessage(86, LogLevel.Warning, "Background work on {Server} failed; it is tried again.")]
    internal static partial void MaintenanceFailed(ILogger logger, string server, Exception error);

    [LoggerMessage(
        87, LogLevel.Warning,
        "A transaction on {Server} has been open for {Seconds} s: no dead row newer than it can be removed.")]
    internal static partial void OldTransaction(ILogger logger, string server, long seconds);

    [LoggerMessage(88, LogLevel.Information, "Closed {Server}.")]
    internal static partial void Closed(ILogger logger, string server);

    [LoggerMessage(
        90, LogLevel.Information,
        "{Server} has another primary, of timeline {Timeline}; connections to the one before are given up.")]
    internal static partial void Succeeded(ILogger logger, string server, long timeline);

    [LoggerMessage(
        89, LogLevel.Warning, "Looking for messages of queue '{Queue}' failed; it is tried again.")]
    internal static partial void ClaimFailed(ILogger logger, string queue, Exception error);
}
