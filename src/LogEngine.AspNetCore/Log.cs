using Microsoft.Extensions.Logging;

namespace LogEngine.AspNetCore;

/// <summary>Log messages; event ids are stable, docs/metrics.md lists them.</summary>
internal static partial class Log
{
    /// <summary>Where they go.</summary>
    internal const string Category = "LogEngine.AspNetCore";

    [LoggerMessage(
        300,
        LogLevel.Warning,
        "Row {Row} of keyspace '{Keyspace}' is none of the cache that is kept there; it counts as absent.")]
    internal static partial void ForeignRow(ILogger logger, string keyspace, string row);

    [LoggerMessage(
        301, LogLevel.Warning, "Row {Row} of keyspace '{Keyspace}' is damaged; it counts as absent.")]
    internal static partial void DamagedRow(ILogger logger, string keyspace, string row, Exception damage);

    [LoggerMessage(
        302,
        LogLevel.Warning,
        "An entry in keyspace '{Keyspace}' was read, and its sliding expiry could not be renewed.")]
    internal static partial void NotRenewed(ILogger logger, string keyspace, Exception error);

    [LoggerMessage(
        303,
        LogLevel.Information,
        "{User} had the dashboard act on dead letters of queue '{Queue}' of engine '{Engine}': {Act} {Letters}, "
        + "which was done with {Count}.")]
    internal static partial void LettersActedOn(
        ILogger logger, string user, string act, string letters, string queue, string engine, long count);
}
