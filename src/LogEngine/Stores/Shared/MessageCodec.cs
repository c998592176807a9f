using System.Buffers.Binary;
using System.Text;

namespace LogEngine.Stores.Shared;

/// <summary>
/// The bytes of a message's value, little-endian: layout version (1), zero (1), number of headers (2),
/// UTC ticks of its enqueueing (8), per header the lengths of name and value (2 and 2) and their
/// UTF-8, then the body.
/// </summary>
internal static class MessageCodec
{
    /// <summary>Most headers, and most UTF-8 bytes of a header's name or value.</summary>
    internal const int MaxHeaderBytes = ushort.MaxValue;

    private const byte LayoutVersion = 1;
    private const int HeadSize = 12;

    /// <summary>Leaves room for what a dead letter adds.</summary>
    private static int MaxSize => StorageEngine.MaxValueBytes - (8 << 10);

    internal static int SizeOf(int bodyLength, IReadOnlyDictionary<string, string>? headers)
    {
        long size = HeadSize + (long)bodyLength;
        if (headers is not null)
        {
            Require(headers.Count, "headers");
            foreach ((string name, string value) in headers)
            {
                size += 4 + Length(name) + Length(value);
            }
        }

        return size <= MaxSize
            ? (int)size
            : throw new RecordTooLargeException(
                "Message with its headers in bytes", size, MaxSize);
    }

    internal static void Write(
        Span<byte> into,
        ReadOnlySpan<byte> body,
        IReadOnlyDictionary<string, string>? headers,
        long enqueuedTicks)
    {
        into[0] = LayoutVersion;
        into[1] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(into[2..], (ushort)(headers?.Count ?? 0));
        BinaryPrimitives.WriteInt64LittleEndian(into[4..], enqueuedTicks);
        Span<byte> rest = into[HeadSize..];
        if (headers is not null)
        {
            foreach ((string name, string value) in headers)
            {
                int nameLength = Encoding.UTF8.GetBytes(name, rest[4..]);
                int valueLength = Encoding.UTF8.GetBytes(value, rest[(4 + nameLength)..]);
                BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)nameLength);
                BinaryPrimitives.WriteUInt16LittleEndian(rest[2..], (ushort)valueLength);
                rest = rest[(4 + nameLength + valueLength)..];
            }
        }

        body.CopyTo(rest);
    }

    /// <summary>Takes a value apart; the body is a part of it.</summary>
    internal static StoredMessage Read(ReadOnlyMemory<byte> value, string queue, long id)
    {
        ReadOnlySpan<byte> bytes = value.Span;
        if (bytes.Length < HeadSize || bytes[0] != LayoutVersion)
        {
            throw Damaged(queue, id);
        }

        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        long ticks = BinaryPrimitives.ReadInt64LittleEndian(bytes[4..]);
        if ((ulong)ticks > (ulong)DateTimeOffset.MaxValue.Ticks)
        {
            throw Damaged(queue, id);
        }

        Dictionary<string, string>? headers = count == 0 ? null : new(StringComparer.Ordinal);
        int at = HeadSize;
        for (int i = 0; i < count; i++)
        {
            if (bytes.Length - at < 4)
            {
                throw Damaged(queue, id);
            }

            int name = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            int text = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at + 2)..]);
            at += 4;
            if (bytes.Length - at < name + text)
            {
                throw Damaged(queue, id);
            }

            headers![Encoding.UTF8.GetString(bytes.Slice(at, name))] =
                Encoding.UTF8.GetString(bytes.Slice(at + name, text));
            at += name + text;
        }

        return new StoredMessage(
            value[at..], headers ?? Empty, new DateTimeOffset(ticks, TimeSpan.Zero));
    }

    /// <summary>Changes the time of enqueueing in a value.</summary>
    internal static void SetEnqueued(Span<byte> value, long ticks) =>
        BinaryPrimitives.WriteInt64LittleEndian(value[4..], ticks);

    private static IReadOnlyDictionary<string, string> Empty { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal);

    private static int Length(string text) => Require(Encoding.UTF8.GetByteCount(text), "bytes");

    private static int Require(int number, string what) => number <= MaxHeaderBytes
        ? number
        : throw new ArgumentException(
            $"Headers: {number} {what}; at most {MaxHeaderBytes} are allowed.");

    private static UndecodableValueException Damaged(string queue, long id) => new(
        $"Message {id} of '{queue}'",
        new InvalidDataException("its bytes are none that a queue or topic writes."));
}

/// <summary>A message as it is stored.</summary>
/// <param name="Body">The body.</param>
/// <param name="Headers">The headers.</param>
/// <param name="EnqueuedAt">When it was enqueued, on the wall clock.</param>
internal readonly record struct StoredMessage(
    ReadOnlyMemory<byte> Body,
    IReadOnlyDictionary<string, string> Headers,
    DateTimeOffset EnqueuedAt)
{
    /// <summary>In the place of one that cannot be read.</summary>
    internal static StoredMessage None { get; } =
        new(default, new Dictionary<string, string>(StringComparer.Ordinal), default);
}
