using System.Buffers.Binary;
using System.Text;
using LogEngine.Stores.Queues;

namespace LogEngine.PostgreSql.Queues;

/// <summary>A message, checked and copied. Delays and lives are durations: the server's clock makes times of them.</summary>
internal sealed class OutgoingMessage
{
    /// <summary>Body and headers; leaves room for what a row takes besides.</summary>
    private static int MaxBytes => StorageEngine.MaxValueBytes - (8 << 10);

    private OutgoingMessage(byte[]? headers, byte[] body, byte[]? group)
    {
        Headers = headers;
        Body = body;
        Group = group;
        Sum = Checksum.OfMessage(headers, body, group);
    }

    internal int Lane { get; private init; }

    internal long DueTicks { get; private init; }

    internal long DelayTicks { get; private init; }

    internal long LifeTicks { get; private init; }

    internal long Sum { get; }

    internal byte[]? Headers { get; }

    internal byte[] Body { get; }

    /// <summary>The group; null for none.</summary>
    internal byte[]? Group { get; }

    /// <summary>The deduplication id; null for none.</summary>
    internal byte[]? UniqueKey { get; private init; }

    internal ReadOnlyMemory<byte> Unique => UniqueKey;

    internal long Bytes => Body.Length + (Headers?.Length ?? 0);

    /// <exception cref="ArgumentException">Something about it is out of range.</exception>
    /// <exception cref="RecordTooLargeException">It is too large.</exception>
    internal static OutgoingMessage Of(QueueMessage message, QueueOptions options)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Validate();
        byte[]? headers = HeaderCodec.Encode(message.Headers);
        long bytes = (long)message.Body.Length + (headers?.Length ?? 0);
        if (bytes > MaxBytes)
        {
            throw new RecordTooLargeException("Message with its headers in bytes", bytes, MaxBytes);
        }

        return new OutgoingMessage(headers, message.Body.ToArray(), GroupOf(message.GroupId))
        {
            Lane = message.Lane,
            DueTicks = message.DueAt?.UtcTicks ?? 0,
            DelayTicks = message.DueAt is null ? message.Delay.Ticks : 0,
            LifeTicks = (message.TimeToLive ?? options.MaxAge)?.Ticks ?? 0,
            UniqueKey = message.DeduplicationId is { } id ? Encoding.UTF8.GetBytes(id) : null,
        };
    }

    /// <summary>A group id, which has been checked, as it is stored.</summary>
    internal static byte[]? GroupOf(string? id) => id is null ? null : Encoding.UTF8.GetBytes(id);
}

/// <summary>Headers as bytes: per header the lengths of name and value (2 and 2, little-endian) and their UTF-8.</summary>
internal static class HeaderCodec
{
    private static readonly Dictionary<string, string> None = new(StringComparer.Ordinal);

    internal static byte[]? Encode(IReadOnlyDictionary<string, string>? headers)
    {
        if (headers is null || headers.Count == 0)
        {
            return null;
        }

        Require(headers.Count, "headers");
        using MemoryStream bytes = new();
        Span<byte> lengths = stackalloc byte[4];
        foreach ((string name, string value) in headers)
        {
            byte[] first = Encoding.UTF8.GetBytes(name);
            byte[] second = Encoding.UTF8.GetBytes(value);
            BinaryPrimitives.WriteUInt16LittleEndian(lengths, (ushort)Require(first.Length, "bytes"));
            BinaryPrimitives.WriteUInt16LittleEndian(lengths[2..], (ushort)Require(second.Length, "bytes"));
            bytes.Write(lengths);
            bytes.Write(first);
            bytes.Write(second);
        }

        return bytes.ToArray();
    }

    /// <summary>Bytes whose checksum has been verified.</summary>
    internal static IReadOnlyDictionary<string, string> Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return None;
        }

        Dictionary<string, string> headers = new(StringComparer.Ordinal);
        while (!bytes.IsEmpty)
        {
            int name = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            int value = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            headers[Encoding.UTF8.GetString(bytes.Slice(4, name))] =
                Encoding.UTF8.GetString(bytes.Slice(4 + name, value));
            bytes = bytes[(4 + name + value)..];
        }

        return headers;
    }

    private static int Require(int number, string what) => number <= QueueMessage.MaxHeaderBytes
        ? number
        : throw new ArgumentException(
            $"Headers: {number} {what}; at most {QueueMessage.MaxHeaderBytes} are allowed.");
}
