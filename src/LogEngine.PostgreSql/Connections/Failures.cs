using System.Net.Sockets;
using Npgsql;

namespace LogEngine.PostgreSql.Connections;

/// <summary>
/// What an error of the driver means. Facts are taken from error codes: messages are the server's language, and
/// details may be withheld.
/// </summary>
internal static class Failures
{
    /// <summary>Raised by the end of a group that has been decided already.</summary>
    internal const string Decided = "LE003";

    /// <summary>Raised where another machine was asked for and there is none.</summary>
    internal const string NoStandby = "LE004";

    /// <summary>
    /// The connection, or what is behind it, is gone: nobody knows what became of what was on its way.
    /// </summary>
    internal static bool IsLost(Exception error) => error switch
    {
        PostgresException refused => refused.SqlState is "57P01" or "57P02" or "57P03" or "57P05" or "25006"
            || refused.SqlState.StartsWith("08", StringComparison.Ordinal)
            || refused.Severity is "FATAL" or "PANIC",
        NpgsqlException or SocketException or IOException or TimeoutException
            or UnconfirmedException or ReplacedException => true,
        _ => false,
    };

    /// <summary>Another try may succeed: it was in the way of somebody else.</summary>
    internal static bool IsCollision(Exception error) =>
        error is PostgresException { SqlState: "40001" or "40P01" or "55P03" };

    /// <summary>It cannot be mended by waiting: login, rights, no such database, a schema that is not there.</summary>
    internal static bool IsHopeless(Exception error) => error is PostgresException refused
        && (refused.SqlState.StartsWith("28", StringComparison.Ordinal)
            || refused.SqlState is "3D000" or "42501" or "42P01" or "42883" or "3F000");

    /// <summary>The same as an error of the engine.</summary>
    internal static Exception Translate(Exception error, string server) => error switch
    {
        LogEngineException or OperationCanceledException or ObjectDisposedException
            or ArgumentException => error,
        PostgresException { SqlState: "53100" or "53200" } full =>
            new StorageFullException(server, full.MessageText, full),
        PostgresException { SqlState: NoStandby } =>
            new UnsupportedDurabilityException(Durability.MachineLoss),
        PostgresException { SqlState: "25006" } readOnly => new StorageUnavailableException(
            $"{server} takes no writes: it is a standby, or read-only. Name the primary, or all hosts with "
            + "'Target Session Attributes=primary'.",
            readOnly),
        PostgresException { SqlState: "42501" } rights => new StorageUnavailableException(
            $"The role has no right on {server}: {rights.MessageText}. The owner grants it: "
            + "docs/postgresql.md, 'Rights'.",
            rights),
        PostgresException { SqlState: "42P01" or "42883" or "3F000" } missing =>
            new StorageUnavailableException(
                $"The engine's schema is not there, or not whole, on {server}: {missing.MessageText}.",
                missing),
        PostgresException refused when refused.SqlState.StartsWith("28", StringComparison.Ordinal) =>
            new StorageUnavailableException(
                $"{server} refused the login: {refused.MessageText} ({refused.SqlState}).", refused),
        PostgresException refused => new StorageUnavailableException(
            $"{server} refused: {refused.MessageText} ({refused.SqlState}). Nothing of this call was "
            + "written.",
            refused),
        _ => new StorageUnavailableException(
            $"{server} cannot be reached, or does not answer: {error.Message}", error),
    };
}

/// <summary>A commit that the server has made alone, since something ended its wait for the standby.</summary>
internal sealed class UnconfirmedException(string message) : Exception(message);
