using Npgsql;

namespace LogEngine.PostgreSql.Reading;

/// <summary>What reads go to: the server as it is now, or a transaction that sees one moment.</summary>
internal interface IReadSource
{
    /// <summary>The time that expiry is judged by; null for the server's, now.</summary>
    long? NowTicks { get; }

    /// <summary>Reads something. The wait can be cancelled, the reading goes on to its end.</summary>
    ValueTask<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken);

    /// <summary>
    /// Something that sees one moment, for a read of several pages, with the first of them; dispose it.
    /// </summary>
    ValueTask<(Moment Moment, T First)> OpenMomentAsync<T>(
        Func<NpgsqlConnection, Task<T>> first, CancellationToken cancellationToken);
}
