using System.Data;
using LogEngine.PostgreSql.Connections;
using Npgsql;

namespace LogEngine.PostgreSql.Reading;

/// <summary>
/// A repeatable-read transaction: all that is read in it is of the moment of its first statement. It ends by itself
/// after a time, since the server removes no dead rows while it is open.
/// </summary>
/// <remarks>Thread-safe: one statement at a time.</remarks>
internal sealed class Moment : IReadSource, IAsyncDisposable, IDisposable
{
    private readonly Server _server;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly ReadRoom _room;
    private readonly TimeSpan _life;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _timer = new();
    private readonly CancellationTokenRegistration _stops;
    private Task? _ending;
    private volatile string? _ended;

    private Moment(
        Server server,
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        ReadRoom room,
        TimeSpan life,
        CancellationToken stopping)
    {
        _server = server;
        _connection = connection;
        _transaction = transaction;
        _room = room;
        _life = life;
        _timer.Token.UnsafeRegister(static self => ((Moment)self!).Expire(), this);
        _timer.CancelAfter(life);
        _stops = stopping.UnsafeRegister(static self => ((Moment)self!).Begin("the engine is closed"), this);
    }

    public long? NowTicks { get; internal set; }

    /// <summary>Opens one and reads something in it, which is what fixes the moment.</summary>
    internal static async Task<(Moment Moment, T First)> OpenAsync<T>(
        Server server,
        ReadRoom room,
        TimeSpan life,
        Func<NpgsqlConnection, Task<T>> first,
        CancellationToken stopping)
    {
        Backoff backoff = new(server.RetryTime);
        while (true)
        {
            NpgsqlConnection? connection = null;
            try
            {
                connection = await server.OpenOnceAsync().ConfigureAwait(false);
                NpgsqlTransaction transaction = await connection
                    .BeginTransactionAsync(IsolationLevel.RepeatableRead, CancellationToken.None)
                    .ConfigureAwait(false);
                T read = await first(connection).ConfigureAwait(false);
                return (new Moment(server, connection, transaction, room, life, stopping), read);
            }
            catch (Exception error)
            {
                if (connection is not null)
                {
                    await connection.DisposeAsync().ConfigureAwait(false);
                }

                if (!Failures.IsLost(error) || Failures.IsHopeless(error)
                    || !await backoff.WaitAsync(stopping).ConfigureAwait(false))
                {
                    throw Failures.Translate(error, server.Name);
                }
            }
        }
    }

    public async ValueTask<T> ReadAsync<T>(
        Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken) =>
        await ReadCoreAsync(read).WaitAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<(Moment Moment, T First)> OpenMomentAsync<T>(
        Func<NpgsqlConnection, Task<T>> first, CancellationToken cancellationToken) =>
        (this, await ReadAsync(first, cancellationToken).ConfigureAwait(false));

    public ValueTask DisposeAsync() => new(Begin("it was disposed"));

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task<T> ReadCoreAsync<T>(Func<NpgsqlConnection, Task<T>> read)
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (_ended is { } why)
            {
                throw new ObjectDisposedException(nameof(ReadView), $"The view has ended: {why}.");
            }

            return await read(_connection).ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or IOException)
        {
            throw Failures.Translate(error, _server.Name);
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Expire() => Begin($"it was open for longer than {_life}");

    private Task Begin(string why)
    {
        lock (_timer)
        {
            return _ending ??= Task.Run(() => EndAsync(why));
        }
    }

    /// <summary>What is being read is read to its end; then the transaction ends.</summary>
    private async Task EndAsync(string why)
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _ended = why;
        _turn.Release();
        _stops.Unregister();
        try
        {
            await _transaction.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or InvalidOperationException or IOException)
        {
            // The connection is gone, and the transaction with it.
        }

        await _connection.DisposeAsync().ConfigureAwait(false);
        _room.Dispose();
        _timer.Dispose();
    }
}
