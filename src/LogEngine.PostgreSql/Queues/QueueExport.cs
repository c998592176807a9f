using System.Runtime.CompilerServices;
using System.Text;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Reading;
using LogEngine.Stores.Queues;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>The rows of a queue as a view shows them, as records that any engine can take in.</summary>
internal sealed class QueueExport(Server server, PostgreSqlView view, int queue, string name)
{
    /// <summary>Rows of a page; a body may have 64 MiB.</summary>
    private const int PageOfBodies = 32;

    private const int PageOfIds = 1000;

    internal async IAsyncEnumerable<QueueRecord> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<QueueRecord> page = await view.ReadAsync(IdsAsync, cancellationToken).ConfigureAwait(false);
        yield return page[0];
        foreach (string statement in (string[])["export-messages", "export-dead"])
        {
            page = [];
            do
            {
                long after = page.Count == 0 ? long.MinValue : page[^1].Id;
                page = await view.ReadAsync(
                    connection => PageAsync(
                        connection,
                        statement,
                        to => to.Put(after),
                        PageOfBodies,
                        statement == "export-dead" ? DeadLetterOf : MessageOf),
                    cancellationToken).ConfigureAwait(false);
                foreach (QueueRecord record in page)
                {
                    yield return record;
                }
            }
            while (page.Count == PageOfBodies);
        }

        page = [];
        do
        {
            ReadOnlyMemory<byte> after = page.Count == 0 ? default : page[^1].DeduplicationId;
            page = await view.ReadAsync(
                connection => PageAsync(
                    connection, "export-duplicates", to => to.Put(after), PageOfIds, DuplicateOf),
                cancellationToken).ConfigureAwait(false);
            foreach (QueueRecord record in page)
            {
                yield return record;
            }
        }
        while (page.Count == PageOfIds);
    }

    private async Task<List<QueueRecord>> IdsAsync(NpgsqlConnection connection)
    {
        NpgsqlCommand command = new(server.Sql["export-ids"], connection);
        await using (command.ConfigureAwait(false))
        {
            long id = (long)(await command.ExecuteScalarAsync(CancellationToken.None)
                .ConfigureAwait(false))!;
            return [new QueueRecord { Kind = QueueRecordKind.Ids, Id = id }];
        }
    }

    private async Task<List<QueueRecord>> PageAsync(
        NpgsqlConnection connection,
        string statement,
        Action<NpgsqlParameterCollection> putAfter,
        int rows,
        Func<NpgsqlDataReader, QueueRecord> read)
    {
        List<QueueRecord> page = [];
        NpgsqlCommand command = new(server.Sql[statement], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(queue);
            putAfter(command.Parameters);
            command.Parameters.Put(rows);
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    page.Add(read(row));
                }
            }
        }

        return page;
    }

    private QueueRecord MessageOf(NpgsqlDataReader row)
    {
        PeekedMessage message = Whole(row, 6);
        return new QueueRecord
        {
            Kind = QueueRecordKind.Message,
            Id = message.Id,
            Lane = message.Lane,
            Body = message.Body,
            Headers = message.Headers,
            GroupId = message.GroupId,
            EnqueuedAt = message.EnqueuedAt,
            DeliveryCount = message.DeliveryCount,
            DueAt = TimeOf(row.GetInt64(4)),
            ExpiresAt = TimeOf(row.GetInt64(5)),
        };
    }

    private QueueRecord DeadLetterOf(NpgsqlDataReader row)
    {
        QueueRecord letter = new()
        {
            Kind = QueueRecordKind.DeadLetter,
            Id = row.GetInt64(0),
            Lane = row.GetInt16(1),
            DeliveryCount = row.GetInt32(2),
            DiedAt = new DateTimeOffset(row.GetInt64(4), TimeSpan.Zero),
            Reason = Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(5)),
            IsUnreadable = row.GetBoolean(6),
            GroupId = row.IsDBNull(10) ? null : Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(10)),
        };
        if (letter.IsUnreadable)
        {
            return letter;
        }

        PeekedMessage message = Whole(row, 7);
        return letter with
        {
            Body = message.Body,
            Headers = message.Headers,
            EnqueuedAt = message.EnqueuedAt,
        };
    }

    private static QueueRecord DuplicateOf(NpgsqlDataReader row) => new()
    {
        Kind = QueueRecordKind.Deduplication,
        DeduplicationId = row.GetFieldValue<byte[]>(0),
        Id = row.GetInt64(1),
        ExpiresAt = TimeOf(row.GetInt64(2)),
    };

    /// <exception cref="CorruptionException">It is damaged.</exception>
    private PeekedMessage Whole(NpgsqlDataReader row, int sumAt)
    {
        PeekedMessage message = MessageRow.Of(
            row.GetInt64(0), row.GetInt16(1), row.GetInt32(2), row.GetInt64(3),
            MessageBytes.At(row, sumAt));
        return message.Unreadable is { } why
            ? throw new CorruptionException($"{server.Name}, queue '{name}'", -1, why)
            : message;
    }

    private static DateTimeOffset? TimeOf(long ticks) =>
        ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
}
