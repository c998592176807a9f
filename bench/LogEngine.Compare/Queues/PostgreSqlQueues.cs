using LogEngine.PostgreSql;
using LogEngine.Stores.Queues;
using Npgsql;

namespace LogEngine.Compare.Queues;

/// <summary>LogEngine's queue on PostgreSQL.</summary>
internal sealed class PostgreSqlBenchQueue(PostgreSqlEngine engine, DurableQueue queue) : IBenchQueue
{
    public string Note => "enqueue and acknowledge durable, receive counted without a sync";

    internal static async Task<PostgreSqlBenchQueue> OpenAsync(PostgreSqlEngine engine) =>
        new(engine, await engine.OpenQueueAsync("bench"));

    public async ValueTask EnqueueAsync(ReadOnlyMemory<byte> body) =>
        await queue.EnqueueAsync(new QueueMessage(body)).ConfigureAwait(false);

    public async ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync()
    {
        QueueDelivery? delivery = await queue.ReceiveAsync(Timeout.InfiniteTimeSpan)
            .ConfigureAwait(false);
        return (delivery!.Body, delivery);
    }

    public ValueTask AcknowledgeAsync(object receipt) => ((QueueDelivery)receipt).AcknowledgeAsync();

    public async ValueTask DisposeAsync()
    {
        await queue.DisposeAsync();
        await engine.DisposeAsync();
    }
}

/// <summary>
/// A queue as one writes it by hand: a table, one transaction for each step, claims by SKIP LOCKED; a connection for each
/// caller, up to the pool's 90.
/// </summary>
internal sealed class SkipLockedQueue(NpgsqlDataSource source) : IBenchQueue
{
    private const string Claim =
        "update bench_queue set locked_until = now() + interval '30 seconds', deliveries = deliveries + 1 "
        + "where id = (select id from bench_queue where locked_until <= now() order by id "
        + "limit 1 for update skip locked) returning id, body";

    public string Note => "one transaction for each step";

    internal static async Task<SkipLockedQueue> OpenAsync(string connectionString)
    {
        NpgsqlDataSource source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(connectionString)
            {
                MaxPoolSize = 90,
                MaxAutoPrepare = 10,
                AutoPrepareMinUsages = 2,
            });
        await using NpgsqlCommand make = source.CreateCommand(
            "drop table if exists bench_queue; create table bench_queue ("
            + "id bigint generated always as identity primary key, body bytea not null, "
            + "locked_until timestamptz not null default 'epoch', deliveries int not null default 0) "
            + "with (fillfactor = 70)");
        await make.ExecuteNonQueryAsync();
        return new SkipLockedQueue(source);
    }

    public async ValueTask EnqueueAsync(ReadOnlyMemory<byte> body)
    {
        await using NpgsqlCommand command = source.CreateCommand("insert into bench_queue (body) values ($1)");
        command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>> { TypedValue = body });
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    public async ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync()
    {
        while (true)
        {
            await using NpgsqlCommand command = source.CreateCommand(Claim);
            await using (NpgsqlDataReader row = await command.ExecuteReaderAsync().ConfigureAwait(false))
            {
                if (await row.ReadAsync().ConfigureAwait(false))
                {
                    return (row.GetFieldValue<byte[]>(1), row.GetInt64(0));
                }
            }

            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    public async ValueTask AcknowledgeAsync(object receipt)
    {
        await using NpgsqlCommand command = source.CreateCommand("delete from bench_queue where id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = (long)receipt });
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();
}
