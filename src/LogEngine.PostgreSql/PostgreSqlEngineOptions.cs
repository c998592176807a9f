using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql;

/// <summary>How a <see cref="PostgreSqlEngine"/> is opened. Immutable.</summary>
public sealed partial record PostgreSqlEngineOptions
{
    /// <summary>Default of <see cref="Schema"/>: <c>logengine</c>.</summary>
    public static string DefaultSchema { get; } = "logengine";

    /// <summary>
    /// Where the server is, as Npgsql writes it; several hosts, separated by commas, are a primary and its
    /// standbys. What the engine needs otherwise it sets itself: time-outs, size of the pool, preparing.
    /// </summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// The schema that holds everything of this engine: a lower-case letter, then letters, digits and
    /// underscores, at most 40 of them. Default <c>logengine</c>.
    /// </summary>
    public string Schema { get; init; } = DefaultSchema;

    /// <summary>
    /// Makes the schema where there is none, and brings an older one up to date; default true. Where the
    /// program's role may not, the owner has done it before: docs/postgresql.md.
    /// </summary>
    public bool InstallSchema { get; init; } = true;

    /// <summary>Durability of writes that name none; default <see cref="Durability.PowerLoss"/>.</summary>
    public Durability DefaultDurability { get; init; } = Durability.PowerLoss;

    /// <summary>Connections that carry the writes; 1 to 16, default 2. Up to two more lease messages.</summary>
    public int WriteConnections { get; init; } = 2;

    /// <summary>Most connections that read, open views and scans included; 1 to 500, default 16.</summary>
    public int MaxReadConnections { get; init; } = 16;

    /// <summary>
    /// How long a call that found no server, or lost it, tries again before it fails; from zero, default 30
    /// seconds. What became of a commit whose connection was lost is asked for as long.
    /// </summary>
    public TimeSpan RetryTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// After how long without an answer a connection is given up for lost; 1 second to 1 day, default 30 seconds.
    /// A commit is not cancelled by that: what became of it is found out.
    /// </summary>
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Longest life of a view, or of a scan of more than a page: while it is open, the server removes no dead
    /// rows. 1 second to 1 day, default 5 minutes.
    /// </summary>
    public TimeSpan MaxViewTime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Longest pause between two looks for messages of other processes while a receiver waits; 10 ms to 1
    /// minute, default 1 second. What this process enqueues is seen at once. Watches of keyspaces look as often.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Keyspaces that record their changes as long as the engine is open, whether somebody watches or not; default none. Others
    /// do so from the first watch, or the first position that is asked for, on. Each write to one that records costs about
    /// twice as much, and commits to it go one after the other.
    /// </summary>
    public IReadOnlyList<string> WatchedKeyspaces { get; init; } = [];

    /// <summary>
    /// How long changes are kept for who wants to go on from a position, and for how long a keyspace goes on
    /// recording when nobody watches any more; 1 minute to 30 days, default 1 hour. Also how far an open watch may lag.
    /// </summary>
    public TimeSpan ChangeRetention { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The clock of waits and polls; the system's by default. Expiry and leases go by the server's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where it logs; default null: nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>What else is to be said of connections, such as certificates and passwords; default null.</summary>
    public Action<NpgsqlSlimDataSourceBuilder>? ConfigureDataSource { get; init; }

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public void Validate()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(ConnectionString);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        Require(Schema is not null && SchemaName().IsMatch(Schema), Schema, nameof(Schema));
        Require(Enum.IsDefined(DefaultDurability), DefaultDurability, nameof(DefaultDurability));
        Require(WriteConnections is >= 1 and <= 16, WriteConnections, nameof(WriteConnections));
        Require(
            MaxReadConnections is >= 1 and <= 500, MaxReadConnections, nameof(MaxReadConnections));
        Require(RetryTime >= TimeSpan.Zero, RetryTime, nameof(RetryTime));
        RequireBetween(
            ResponseTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(ResponseTimeout));
        RequireBetween(MaxViewTime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(MaxViewTime));
        RequireBetween(
            PollInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1), nameof(PollInterval));
        RequireBetween(
            ChangeRetention, TimeSpan.FromMinutes(1), TimeSpan.FromDays(30), nameof(ChangeRetention));
        ArgumentNullException.ThrowIfNull(WatchedKeyspaces);
        foreach (string name in WatchedKeyspaces)
        {
            ArgumentException.ThrowIfNullOrEmpty(name, nameof(WatchedKeyspaces));
        }
    }

    private static void RequireBetween(TimeSpan value, TimeSpan least, TimeSpan most, string name) =>
        Require(value >= least && value <= most, value, name);

    private static void Require(bool holds, object? value, string name)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(
                name, value, $"{name} is out of its range; see docs/postgresql.md.");
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9_]{0,39}$", RegexOptions.CultureInvariant)]
    private static partial Regex SchemaName();
}
