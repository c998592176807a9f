using System.Text;
using LogEngine.PostgreSql.Connections;
using LogEngine.Stores.Queues;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>Writes records of another queue as rows, in one transaction that may be done again.</summary>
internal static class QueueImport
{
    internal static async Task<bool> RunAsync(
        NpgsqlConnection connection, Server server, int queue, IReadOnlyList<QueueRecord> records)
    {
        NpgsqlBatch batch = new(connection);
        await using (batch.ConfigureAwait(false))
        {
            Add(batch, server, "use-queue").Put([queue]);
            foreach (QueueRecord ids in Of(records, QueueRecordKind.Ids))
            {
                Add(batch, server, "import-ids").Put(ids.Id);
            }

            AddMessages(batch, server, queue, Of(records, QueueRecordKind.Message));
            AddDead(Add(batch, server, "import-dead"), queue, Of(records, QueueRecordKind.DeadLetter));
            List<QueueRecord> seen = Of(records, QueueRecordKind.Deduplication);
            NpgsqlParameterCollection to = Add(batch, server, "import-duplicates");
            to.Put(queue);
            to.Put(seen.Select(r => (byte[]?)r.DeduplicationId.ToArray()).ToArray());
            to.Put(seen.Select(r => r.Id).ToArray());
            to.Put(seen.Select(r => TicksOf(r.ExpiresAt)).ToArray());

            // A batch without a transaction of its own is one.
            await batch.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
    }

    /// <summary>Their groups are locked first, as by every enqueue.</summary>
    private static void AddMessages(
        NpgsqlBatch batch, Server server, int queue, List<QueueRecord> messages)
    {
        byte[]?[] groups = [.. messages.Select(GroupOf)];
        byte[]?[] named = [.. groups.Where(group => group is not null)];
        NpgsqlParameterCollection to = Add(batch, server, "use-groups");
        to.Put(Array.ConvertAll(named, _ => queue));
        to.Put(named);
        to = Add(batch, server, "import-over");
        to.Put(queue);
        to.Put(messages.Select(r => r.Id).ToArray());
        to.Put(groups);
        to = Add(batch, server, "import-messages");
        AddHead(to, queue, messages);
        to.Put(messages.Select(r => TicksOf(r.DueAt)).ToArray());
        to.Put(messages.Select(r => TicksOf(r.ExpiresAt)).ToArray());
        AddBytes(to, messages);
    }

    private static void AddDead(NpgsqlParameterCollection to, int queue, List<QueueRecord> letters)
    {
        AddHead(to, queue, letters);
        to.Put(letters.Select(r => r.DiedAt.UtcTicks).ToArray());
        to.Put(letters.Select(r => (byte[]?)Encoding.UTF8.GetBytes(r.Reason)).ToArray());
        to.Put(letters.Select(r => r.IsUnreadable).ToArray());
        AddBytes(to, letters);
    }

    private static void AddHead(NpgsqlParameterCollection to, int queue, List<QueueRecord> records)
    {
        to.Put(queue);
        to.Put(records.Select(r => r.Id).ToArray());
        to.Put(records.Select(r => (short)r.Lane).ToArray());
        to.Put(records.Select(r => r.DeliveryCount).ToArray());
        to.Put(records.Select(r => r.EnqueuedAt.UtcTicks).ToArray());
    }

    private static void AddBytes(NpgsqlParameterCollection to, List<QueueRecord> records)
    {
        List<(byte[]? Headers, byte[] Body, byte[]? Group)> bytes =
            [.. records.Select(r => (HeaderCodec.Encode(r.Headers), r.Body.ToArray(), GroupOf(r)))];
        to.Put(bytes.Select(b => Checksum.OfMessage(b.Headers, b.Body, b.Group)).ToArray());
        to.Put(bytes.Select(b => b.Headers).ToArray());
        to.Put(bytes.Select(b => (byte[]?)b.Body).ToArray());
        to.Put(bytes.Select(b => b.Group).ToArray());
    }

    private static byte[]? GroupOf(QueueRecord record) => OutgoingMessage.GroupOf(record.GroupId);

    private static List<QueueRecord> Of(IReadOnlyList<QueueRecord> records, QueueRecordKind kind) =>
        [.. records.Where(record => record.Kind == kind)];

    private static long TicksOf(DateTimeOffset? time) => time?.UtcTicks ?? 0;

    private static NpgsqlParameterCollection Add(NpgsqlBatch batch, Server server, string statement)
    {
        NpgsqlBatchCommand command = new(server.Sql[statement]);
        batch.BatchCommands.Add(command);
        return command.Parameters;
    }
}
