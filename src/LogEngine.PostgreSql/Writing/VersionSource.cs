using LogEngine.PostgreSql.Connections;
using Npgsql;

namespace LogEngine.PostgreSql.Writing;

/// <summary>
/// Versions, from the one sequence of the schema: a process takes a block at a time, so that a write knows its
/// versions before it is sent. They tell writes apart, and say nothing about which of two processes was first.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class VersionSource(Server server, CancellationToken stopping)
{
    /// <summary>As the sequence counts.</summary>
    private const long BlockSize = 1 << 20;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private long _next;
    private long _end;

    /// <summary>The first of so many that follow each other.</summary>
    internal ValueTask<long> TakeAsync(int count) =>
        TryTake(count) is { } first ? new ValueTask<long>(first) : TakeFromNextAsync(count);

    private long? TryTake(int count)
    {
        lock (_gate)
        {
            if (_end - _next < count)
            {
                return null;
            }

            long first = _next;
            _next += count;
            return first;
        }
    }

    private async ValueTask<long> TakeFromNextAsync(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, BlockSize);
        await _turn.WaitAsync(stopping).ConfigureAwait(false);
        try
        {
            while (true)
            {
                if (TryTake(count) is { } first)
                {
                    return first;
                }

                long block = await server.RunAsync(ReserveAsync, stopping).ConfigureAwait(false);
                lock (_gate)
                {
                    _next = block;
                    _end = block + BlockSize;
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<long> ReserveAsync(NpgsqlConnection connection)
    {
        NpgsqlCommand command = new(server.Sql["reserve"], connection);
        await using (command.ConfigureAwait(false))
        {
            return (long)(await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false))!;
        }
    }
}
