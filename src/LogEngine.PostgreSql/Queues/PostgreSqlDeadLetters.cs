using System.Runtime.CompilerServices;
using System.Text;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Reading;
using LogEngine.Stores.Queues;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>The dead letters of a queue.</summary>
internal sealed class PostgreSqlDeadLetters(
    PostgreSqlQueue queue, QueueContext context, CurrentSource now) : DeadLetterQueue
{
    public override ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        now.ReadAsync(
            async connection =>
            {
                NpgsqlCommand command = New(connection, "dead-count");
                await using (command.ConfigureAwait(false))
                {
                    return (long)(await command.ExecuteScalarAsync(CancellationToken.None)
                        .ConfigureAwait(false))!;
                }
            },
            cancellationToken);

    public override async IAsyncEnumerable<DeadLetter> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (long id in await IdsAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await ReadAsync(id, cancellationToken).ConfigureAwait(false) is { } letter)
            {
                yield return letter;
            }
        }
    }

    public override async ValueTask<bool> ReplayAsync(
        long id, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        queue.RequireOpen();
        Durability level = queue.Engine.LevelOf(durability);
        DeadLetter? letter = await ReadAsync(id, cancellationToken).ConfigureAwait(false);
        if (letter is null)
        {
            return false;
        }

        if (letter.Unreadable is { } why)
        {
            throw new CorruptionException($"{queue.Name}/dead/{id}", -1, why);
        }

        long newId = await context.Writes.RunAsync(
            new ReplayRequest(
                new LeaseOfMessage(
                    context.Id, queue.Name, id, default, OutgoingMessage.GroupOf(letter.GroupId)),
                context.Rules, queue.Options.MaxAge?.Ticks ?? 0, level),
            cancellationToken).ConfigureAwait(false);
        if (newId == 0)
        {
            return false;
        }

        queue.Replayed(letter.Lane, newId);
        return true;
    }

    public override async ValueTask<long> ReplayAllAsync(
        Durability? durability = null, CancellationToken cancellationToken = default)
    {
        long replayed = 0;
        foreach (long id in await IdsAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                replayed += await ReplayAsync(id, durability, cancellationToken).ConfigureAwait(false)
                    ? 1 : 0;
            }
            catch (CorruptionException)
            {
                // It stays, and is listed with what is wrong with it.
            }
            catch (OperationCanceledException error) when (error is not IUndeterminedWrite)
            {
                // Between two of them: those before are done.
                throw new AppendCanceledException(replayed > 0, cancellationToken);
            }
        }

        return replayed;
    }

    public override async ValueTask<bool> DiscardAsync(
        long id, Durability? durability = null, CancellationToken cancellationToken = default) =>
        await DiscardAsync(Settlement.DiscardDeadLetter, id, durability, cancellationToken)
            .ConfigureAwait(false) > 0;

    public override ValueTask<long> DiscardAllAsync(
        Durability? durability = null, CancellationToken cancellationToken = default) =>
        DiscardAsync(Settlement.DiscardDeadLetters, 0, durability, cancellationToken);

    private async ValueTask<long> DiscardAsync(
        Settlement what, long id, Durability? durability, CancellationToken cancellationToken)
    {
        queue.RequireOpen();
        Settled done = await context.Writes.RunAsync(
            new SettleRequest(
                what,
                new LeaseOfMessage(context.Id, queue.Name, id, default),
                queue.Engine.LevelOf(durability)),
            cancellationToken).ConfigureAwait(false);
        return done.Count;
    }

    private ValueTask<List<long>> IdsAsync(CancellationToken cancellationToken)
    {
        queue.RequireOpen();
        return now.ReadAsync(
            async connection =>
            {
                List<long> ids = [];
                NpgsqlCommand command = New(connection, "dead-ids");
                await using (command.ConfigureAwait(false))
                {
                    NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                        .ConfigureAwait(false);
                    await using (row.ConfigureAwait(false))
                    {
                        while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                        {
                            ids.Add(row.GetInt64(0));
                        }
                    }
                }

                return ids;
            },
            cancellationToken);
    }

    private ValueTask<DeadLetter?> ReadAsync(long id, CancellationToken cancellationToken) =>
        now.ReadAsync(
            async connection =>
            {
                NpgsqlCommand command = New(connection, "dead-get");
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.Put(id);
                    NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                        .ConfigureAwait(false);
                    await using (row.ConfigureAwait(false))
                    {
                        return await row.ReadAsync(CancellationToken.None).ConfigureAwait(false)
                            ? LetterOf(row)
                            : null;
                    }
                }
            },
            cancellationToken);

    private static DeadLetter LetterOf(NpgsqlDataReader row)
    {
        PeekedMessage message = MessageRow.Of(
            row.GetInt64(0), row.GetInt16(1), row.GetInt32(4), row.GetInt64(2),
            MessageBytes.At(row, 7));
        string reason = Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(5));
        return new DeadLetter
        {
            Id = message.Id,
            Lane = message.Lane,
            GroupId = message.GroupId,
            Body = message.Body,
            Headers = message.Headers,
            EnqueuedAt = message.EnqueuedAt,
            DiedAt = new DateTimeOffset(row.GetInt64(3), TimeSpan.Zero),
            DeliveryCount = message.DeliveryCount,
            Reason = reason,

            // One that was lost before it came here is whole in its row, and empty.
            Unreadable = message.Unreadable ?? (row.GetBoolean(6) ? reason : null),
        };
    }

    private NpgsqlCommand New(NpgsqlConnection connection, string statement)
    {
        NpgsqlCommand command = new(context.Server.Sql[statement], connection);
        command.Parameters.Put(context.Id);
        return command;
    }
}
