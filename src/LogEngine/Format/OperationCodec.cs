using System.Runtime.CompilerServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Format;

/// <summary>What a record of an engine's log does.</summary>
internal enum OperationKind : byte
{
    /// <summary>Gives a key a value.</summary>
    Put = 1,

    /// <summary>Removes a key.</summary>
    Delete = 2,

    /// <summary>Removes the keys from one up to, not including, another.</summary>
    DeleteRange = 3,

    /// <summary>A value at a new place: a copy, with the version it had.</summary>
    Relocate = 4,

    /// <summary>Gives a keyspace its id.</summary>
    CreateKeyspace = 5,

    /// <summary>Removes a keyspace with all its keys; its id is never used again.</summary>
    DropKeyspace = 6,

    /// <summary>Gives the value of a version another expiry; the value stays where it is.</summary>
    Touch = 7,
}

/// <summary>Flags of an operation.</summary>
[Flags]
internal enum OperationFlags : byte
{
    None = 0,

    /// <summary>The value ends at a time.</summary>
    HasExpiry = 1,

    /// <summary>The value is the number of a set of chunks, which hold it.</summary>
    Chunked = 2,
}

/// <summary>An operation, decoded in place.</summary>
internal readonly ref struct Operation
{
    internal required OperationKind Kind { get; init; }

    internal required OperationFlags Flags { get; init; }

    internal required uint Keyspace { get; init; }

    /// <summary>UTC ticks from which the value is absent; 0 for never.</summary>
    internal required long ExpiresTicks { get; init; }

    /// <summary>Of a relocation or a touch, the version of the value; else 0.</summary>
    internal required long Version { get; init; }

    internal required ReadOnlySpan<byte> Key { get; init; }

    /// <summary>The value; of a range, the key it ends before.</summary>
    internal required ReadOnlySpan<byte> Value { get; init; }
}

/// <summary>
/// Encoding of an operation, the payload of a record in an engine's log: 8 bytes, expiry and version
/// where they are, the key, the value. See docs/format.md, 'Operation'.
/// </summary>
internal static class OperationCodec
{
    /// <summary>Bytes in front of key and value without expiry and version.</summary>
    internal const int HeadSize = 8;

    /// <summary>Most bytes in front of key and value.</summary>
    internal const int MaxHeadSize = HeadSize + 8 + 8;

    internal static int HeadLength(OperationKind kind, bool hasExpiry) =>
        HeadSize + (hasExpiry ? 8 : 0) + (NamesVersion(kind) ? 8 : 0);

    /// <summary>Whether it is about a value that an earlier record gave a version.</summary>
    internal static bool NamesVersion(OperationKind kind) =>
        kind is OperationKind.Relocate or OperationKind.Touch;

    /// <summary>The first eight bytes, as a word.</summary>
    internal static ulong HeadWord(
        OperationKind kind, OperationFlags flags, uint keyspace, int keyLength) =>
        (ulong)kind | ((ulong)flags << 8) | ((ulong)(ushort)keyLength << 16)
        | ((ulong)keyspace << 32);

    /// <summary>Writes what comes before the key; gives its length.</summary>
    internal static int WriteHead(
        Span<byte> target,
        OperationKind kind,
        OperationFlags flags,
        uint keyspace,
        int keyLength,
        long expiresTicks,
        long version)
    {
        if (expiresTicks != 0)
        {
            flags |= OperationFlags.HasExpiry;
        }

        WriteUInt64LittleEndian(target, HeadWord(kind, flags, keyspace, keyLength));
        int at = HeadSize;
        if (expiresTicks != 0)
        {
            WriteInt64LittleEndian(target[at..], expiresTicks);
            at += 8;
        }

        if (NamesVersion(kind))
        {
            WriteInt64LittleEndian(target[at..], version);
            at += 8;
        }

        return at;
    }

    /// <summary>Changes the keyspace of an encoded operation.</summary>
    internal static void SetKeyspace(Span<byte> payload, uint keyspace) =>
        WriteUInt32LittleEndian(payload[4..], keyspace);

    /// <summary>Says which version an encoded touch is about; 0 for none.</summary>
    internal static void SetVersion(Span<byte> payload, long version)
    {
        bool hasExpiry = ((OperationFlags)payload[1] & OperationFlags.HasExpiry) != 0;
        WriteInt64LittleEndian(payload[(HeadLength(OperationKind.Touch, hasExpiry) - 8)..], version);
    }

    /// <summary>Writes a number over eight bytes of the key of an encoded put.</summary>
    internal static void SetInKey(Span<byte> payload, int at, long number)
    {
        bool hasExpiry = ((OperationFlags)payload[1] & OperationFlags.HasExpiry) != 0;
        WriteInt64BigEndian(payload[(HeadLength(OperationKind.Put, hasExpiry) + at)..], number);
    }

    /// <summary>What an encoded operation does.</summary>
    internal static OperationKind KindOf(ReadOnlySpan<byte> payload) => (OperationKind)payload[0];

    /// <summary>The keyspace of an encoded operation.</summary>
    internal static uint KeyspaceOf(ReadOnlySpan<byte> payload) =>
        ReadUInt32LittleEndian(payload[4..]);

    /// <summary>Decodes a payload whose checksum was right; false where no writer wrote it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryRead(ReadOnlySpan<byte> payload, out Operation operation)
    {
        operation = default;
        if (payload.Length < HeadSize)
        {
            return false;
        }

        OperationKind kind = (OperationKind)payload[0];
        OperationFlags flags = (OperationFlags)payload[1];
        int keyLength = ReadUInt16LittleEndian(payload[2..]);
        bool hasExpiry = (flags & OperationFlags.HasExpiry) != 0;
        int head = HeadLength(kind, hasExpiry);
        if (kind is < OperationKind.Put or > OperationKind.Touch
            || (flags & ~(OperationFlags.HasExpiry | OperationFlags.Chunked)) != 0
            || payload.Length - head < keyLength)
        {
            return false;
        }

        operation = new Operation
        {
            Kind = kind,
            Flags = flags,
            Keyspace = ReadUInt32LittleEndian(payload[4..]),
            ExpiresTicks = hasExpiry ? ReadInt64LittleEndian(payload[HeadSize..]) : 0,
            Version = NamesVersion(kind)
                ? ReadInt64LittleEndian(payload[(head - 8)..])
                : 0,
            Key = payload.Slice(head, keyLength),
            Value = payload[(head + keyLength)..],
        };
        return true;
    }

    /// <summary>
    /// Where the value begins in the payload of a record whose checksum was right, if that gives this
    /// key this version of it; -1 otherwise.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int FindValue(
        ReadOnlySpan<byte> payload,
        long sequence,
        long version,
        uint keyspace,
        ReadOnlySpan<byte> key)
    {
        if (payload.Length < HeadSize)
        {
            return -1;
        }

        ulong word = ReadUInt64LittleEndian(payload);
        OperationKind kind = (OperationKind)(byte)word;
        int head = HeadLength(kind, (word & ((ulong)OperationFlags.HasExpiry << 8)) != 0);
        int end = head + key.Length;
        if (payload.Length < end
            || word >> 16 != (((ulong)keyspace << 16) | (uint)key.Length))
        {
            return -1;
        }

        long holds = kind switch
        {
            OperationKind.Put => sequence,
            OperationKind.Relocate => ReadInt64LittleEndian(payload[(head - 8)..]),
            _ => 0,
        };
        return holds == version && payload[head..end].SequenceEqual(key) ? end : -1;
    }
}
