using System.Globalization;
using System.Text;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Writing;
using LogEngine.Stores.Queues;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>A message that was claimed.</summary>
/// <param name="Place">Its place in the order of delivery, from 1.</param>
/// <param name="Message">The message.</param>
/// <param name="HadLease">A lease of it has expired.</param>
internal sealed record Claimed(int Place, PeekedMessage Message, bool HadLease);

/// <summary>What a claim has found.</summary>
/// <param name="Messages">The messages, in the order of delivery.</param>
/// <param name="Buried">Messages that had been delivered often enough.</param>
/// <param name="Expired">Messages whose time to live had passed.</param>
/// <param name="Found">A bit for each lane that had messages.</param>
/// <param name="HasMore">Messages became ready, or dead, whose places may be taken by others at once.</param>
/// <param name="IsWhole">It has looked at the whole queue.</param>
internal sealed record ClaimResult(
    List<Claimed> Messages, int Buried, int Expired, int Found, bool HasMore, bool IsWhole);

/// <summary>The statement that leases messages.</summary>
internal sealed class Claims(Server server, int queue, QueueOptions options, LeaseBook leases)
{
    /// <summary>What the reason begins with by which a message dies whose leases ended often enough.</summary>
    internal const string ReasonStart = "its lease ended ";

    private readonly byte[] _reason = Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{ReasonStart}{options.MaxDeliveries} times without being settled"));

    /// <summary>Leases messages, one for each duration; their numbers begin with the one given.</summary>
    internal async Task<ClaimResult> RunAsync(
        NpgsqlConnection connection, LaneCursors cursors, bool isEager, long[] durations, long first)
    {
        (long[] before, int[] passed, bool whole) = cursors.Next();
        Server.Confirmation confirmation = new();
        connection.Notice += confirmation.Note;
        NpgsqlBatch batch = new(connection);
        await using (batch.ConfigureAwait(false))
        {
            NpgsqlParameterCollection to = Group.New(batch, server.Sql["claim"]);
            to.Put(queue);
            to.Put(before);
            to.Put(passed);
            to.Put(options.StarvationLimit);
            to.Put(durations);
            to.Put(leases.Open);
            to.Put(first);
            to.Put(options.MaxDeliveries);
            to.Put(whole);
            to.Put(isEager);
            to.Put(_reason);
            if (server.ConfirmsClaims)
            {
                Group.New(batch, server.Sql["claim-confirmed"]);
            }

            ClaimResult result;
            try
            {
                NpgsqlDataReader row = await batch.ExecuteReaderAsync(CancellationToken.None)
                    .ConfigureAwait(false);
                await using (row.ConfigureAwait(false))
                {
                    result = await ReadAsync(row).ConfigureAwait(false);
                    while (await row.NextResultAsync(CancellationToken.None).ConfigureAwait(false))
                    {
                        // To the end: only then is it committed.
                    }
                }
            }
            finally
            {
                connection.Notice -= confirmation.Note;
            }

            if (server.ConfirmsClaims)
            {
                confirmation.Require();
            }

            cursors.Claimed(
                [.. result.Messages.Select(m => (m.Message.Lane, m.Message.Id))],
                result.Found,
                result.IsWhole);
            return result;
        }
    }

    private static async Task<ClaimResult> ReadAsync(NpgsqlDataReader row)
    {
        await row.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        ClaimResult result = new(
            [], (int)row.GetInt64(1), (int)row.GetInt64(4), row.GetInt32(2), row.GetInt32(3) != 0,
            row.GetBoolean(5));
        while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            result.Messages.Add(new Claimed(
                row.GetInt32(0),
                MessageRow.Of(
                    row.GetInt64(1), row.GetInt32(2), row.GetInt32(3), row.GetInt64(4),
                    MessageBytes.At(row, 6)),
                row.GetBoolean(5)));
        }

        result.Messages.Sort((a, b) => a.Place.CompareTo(b.Place));
        return result;
    }
}

/// <summary>Bytes of a message, as they are stored.</summary>
/// <param name="Sum">The checksum that was written.</param>
/// <param name="Headers">The headers' bytes.</param>
/// <param name="Body">The body.</param>
/// <param name="Group">The group; null for none.</param>
internal readonly record struct MessageBytes(long Sum, byte[] Headers, byte[] Body, byte[]? Group)
{
    /// <summary>From four columns that follow each other: sum, headers, body, group.</summary>
    internal static MessageBytes At(NpgsqlDataReader row, int sum) => new(
        row.GetInt64(sum), BytesAt(row, sum + 1) ?? [], row.GetFieldValue<byte[]>(sum + 2),
        BytesAt(row, sum + 3));

    private static byte[]? BytesAt(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
}

/// <summary>A row of a message.</summary>
internal static class MessageRow
{
    /// <summary>The message; where its bytes are damaged, without them, and it says so.</summary>
    internal static PeekedMessage Of(
        long id, int lane, int deliveries, long enqueuedTicks, in MessageBytes bytes)
    {
        DateTimeOffset enqueuedAt = new(enqueuedTicks, TimeSpan.Zero);
        long found = Checksum.OfMessage(bytes.Headers, bytes.Body, bytes.Group);
        bool isWhole = found == bytes.Sum;
        return new PeekedMessage
        {
            Id = id,
            Lane = lane,
            GroupId = bytes.Group is null ? null : Encoding.UTF8.GetString(bytes.Group),
            Body = isWhole ? bytes.Body : default(ReadOnlyMemory<byte>),
            Headers = HeaderCodec.Decode(isWhole ? bytes.Headers : default),
            EnqueuedAt = enqueuedAt,
            DeliveryCount = deliveries,
            Unreadable = isWhole ? null : string.Create(
                CultureInfo.InvariantCulture,
                $"message {id} cannot be read: its bytes have checksum {found:x16}, {bytes.Sum:x16} was written"),
        };
    }
}
