using LogEngine.PostgreSql.Connections;
using Npgsql;

namespace LogEngine.PostgreSql.Reading;

/// <summary>Reads of what is there now, each on a connection of the pool.</summary>
internal sealed class CurrentSource(Server server, TimeSpan life, CancellationToken stopping) : IReadSource
{
    public long? NowTicks => null;

    public async ValueTask<T> ReadAsync<T>(
        Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<T> reading = ReadCoreAsync(read);
        return cancellationToken.CanBeCanceled
            ? await reading.WaitAsync(cancellationToken).ConfigureAwait(false)
            : await reading.ConfigureAwait(false);
    }

    public async ValueTask<(Moment Moment, T First)> OpenMomentAsync<T>(
        Func<NpgsqlConnection, Task<T>> first, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Closed();
        ReadRoom? room = null;
        try
        {
            room = await server.EnterReadAsync(stopping).ConfigureAwait(false);
            return await Moment.OpenAsync(server, room, life, first, stopping).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            room?.Dispose();
            if (error is OperationCanceledException)
            {
                Closed();
            }

            throw;
        }
    }

    private async Task<T> ReadCoreAsync<T>(Func<NpgsqlConnection, Task<T>> read)
    {
        Closed();
        try
        {
            using ReadRoom room = await server.EnterReadAsync(stopping).ConfigureAwait(false);
            return await server.RunAsync(read, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Closed();
            throw;
        }
    }

    private void Closed() =>
        ObjectDisposedException.ThrowIf(stopping.IsCancellationRequested, typeof(StorageEngine));
}
