using System.Runtime.InteropServices;

namespace LogEngine.Log;

/// <summary>
/// A record's payload in up to three pieces, so that it is copied once: from where the caller has it
/// into the group.
/// </summary>
/// <param name="Head">Up to 24 bytes in front.</param>
/// <param name="First">The caller's bytes, or those in front of them.</param>
/// <param name="Second">What follows.</param>
internal readonly record struct RecordParts(
    RecordHead Head, ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second)
{
    internal RecordParts(ReadOnlyMemory<byte> payload)
        : this(default, payload, default)
    {
    }

    internal int Length => checked(Head.Length + First.Length + Second.Length);

    /// <summary>The pieces as spans: an owner's code, if a memory has one, runs here.</summary>
    internal PartSpans Spans => new(Head, First.Span, Second.Span);

    /// <summary>
    /// The payload in memory that no code runs behind, to be read by another thread: the caller's
    /// array where it is one, else a copy.
    /// </summary>
    internal ReadOnlyMemory<byte> Flatten()
    {
        if (Head.Length == 0 && Second.IsEmpty && MemoryMarshal.TryGetArray(First, out _))
        {
            return First;
        }

        byte[] flat = new byte[Length];
        Spans.CopyTo(flat);
        return flat;
    }
}

/// <summary>The same as spans.</summary>
internal readonly ref struct PartSpans(
    RecordHead head, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
{
    private readonly RecordHead _head = head;
    private readonly ReadOnlySpan<byte> _first = first;
    private readonly ReadOnlySpan<byte> _second = second;

    internal PartSpans(ReadOnlySpan<byte> payload)
        : this(default, payload, default)
    {
    }

    internal int Length => _head.Length + _first.Length + _second.Length;

    internal void CopyTo(Span<byte> target)
    {
        if (_head.Length > 0)
        {
            _head.CopyTo(target);
            target = target[_head.Length..];
        }

        _first.CopyTo(target);
        _second.CopyTo(target[_first.Length..]);
    }
}

/// <summary>Up to 24 bytes, kept without an allocation; little-endian words.</summary>
/// <param name="Length">How many bytes count: a multiple of 8.</param>
/// <param name="Word0">The first eight.</param>
/// <param name="Word1">The next.</param>
/// <param name="Word2">The last.</param>
internal readonly record struct RecordHead(int Length, ulong Word0, ulong Word1, ulong Word2)
{
    internal void CopyTo(Span<byte> target)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(target, Word0);
        if (Length > 8)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(target[8..], Word1);
        }

        if (Length > 16)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(target[16..], Word2);
        }
    }
}
