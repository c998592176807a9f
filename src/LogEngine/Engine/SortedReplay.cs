using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// Applies the tail of a log many operations at a time, in the order of their keys: the pages of the
/// index are then met one after the other instead of all over memory, which is several times faster.
/// </summary>
/// <remarks>
/// <para>
/// The result is that of the log's order. An operation on one key reads and changes that key's entry,
/// the counts of its keyspace and of segments, and, where the entry was a value in chunks, removes
/// these; so two of them on different keys may change places as long as neither is on a chunk, and
/// those on one key keep theirs. Chunks are never sorted together with other keys: the number of a
/// set whose chunks are gone may be given again, and a put that removes the old set must not come
/// after the chunks of the new one. Everything else (ranges, keyspaces, values in chunks) is applied
/// alone, after all that came before it and before all that comes after it.
/// </para>
/// <para>
/// Only where nobody looks in between: recovery. Values are not put into the cache. Memory is bounded
/// by <see cref="MostBytes"/>.
/// </para>
/// </remarks>
internal sealed unsafe class SortedReplay(CommittedIndex state)
{
    /// <summary>Bits of a sorted word that say where its operation is, in units of eight bytes.</summary>
    private const int PlaceBits = 21;

    private const ulong PlaceMask = (1UL << PlaceBits) - 1;
    private const int Unit = 8;
    private const int MostBytes = Unit << PlaceBits;
    private const int FirstBytes = 16 << 10;

    /// <summary>Operation, length of the key.</summary>
    private static readonly int s_headBytes = sizeof(PointOperation) + Unit;

    /// <summary>
    /// Up to so many are not worth the tables of a radix sort: a log of many small keyspaces is cut
    /// into that short pieces by their creations.
    /// </summary>
    private const int FewOperations = 64;

    /// <summary>Loads under way while one is applied.</summary>
    private const int Ahead = 8;

    /// <summary>Operations, each with its key behind it.</summary>
    private byte[] _taken = GC.AllocateUninitializedArray<byte>(FirstBytes, pinned: true);
    private int _takenBytes;

    private ulong[] _order = new ulong[256];
    private ulong[] _spare = new ulong[256];
    private int _count;

    /// <summary>Whether what has been taken are chunks, or the marks of their sets.</summary>
    private bool _chunks;

    /// <summary>Bytes that all keys begin with.</summary>
    private int _shared;
    private long _last = state.Applied;

    /// <summary>Takes the next records of a log, as they are encoded.</summary>
    /// <exception cref="CorruptionException">One is no operation.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Add(Segment segment, long offset, ReadOnlySpan<byte> records)
    {
        int slot = state.Slots.Of(segment).Number;
        for (int at = 0; at < records.Length;)
        {
            ReadOnlySpan<byte> record = records[at..];
            int length = (int)RecordHeader.ReadLength(record);
            int size = FormatLimits.AlignField(length);
            long sequence = RecordHeader.ReadSequence(record);
            Invariant.Require(sequence == _last + 1, "a sequence replayed out of order");
            if (OperationCodec.TryRead(record[RecordHeader.Size..length], out Operation operation)
                && PointOperation.IsPoint(operation.Kind)
                && !PointOperation.IsChunked(operation)
                && OperationCheck.IsPossible(operation, sequence, offset + at, size))
            {
                Take(
                    PointOperation.Of(operation, sequence, slot, offset + at, size),
                    operation.Keyspace,
                    operation.Key);
            }
            else
            {
                Flush();
                state.Apply(segment, offset + at, record[..size]);
            }

            _last = sequence;
            at += size;
        }
    }

    /// <summary>Applies what has been taken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Flush()
    {
        if (_count == 0)
        {
            return;
        }

        Sort();
        for (int i = 0; i < _count; i++)
        {
            if (Sse.IsSupported && i + Ahead < _count)
            {
                byte* soon = At(_order[i + Ahead]);
                Sse.Prefetch0(soon);
                Sse.Prefetch0(soon + 64);
            }

            byte* one = At(_order[i]);
            state.ApplyPoint(Unsafe.AsRef<PointOperation>(one), KeyOf(one));
        }

        state.NoteApplied(_last);
        _count = 0;
        _takenBytes = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Take(in PointOperation operation, uint keyspace, ReadOnlySpan<byte> key)
    {
        int bytes = s_headBytes + FormatLimits.AlignField(IndexKey.PrefixSize + key.Length);
        bool chunks = KeyspaceTable.IsHidden(keyspace);
        if (chunks != _chunks || _takenBytes + bytes > MostBytes)
        {
            Flush();
            _chunks = chunks;
        }

        if (_takenBytes + bytes > _taken.Length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(_taken.Length * 2, pinned: true);
            _taken.AsSpan(0, _takenBytes).CopyTo(larger);
            _taken = larger;
        }

        if (_count == _order.Length)
        {
            Array.Resize(ref _order, _count * 2);
            _spare = new ulong[_count * 2];
        }

        byte* one = Start + _takenBytes;
        *(PointOperation*)one = operation;
        *(int*)(one + sizeof(PointOperation)) = IndexKey.PrefixSize + key.Length;
        ReadOnlySpan<byte> full = KeyOf(one);
        IndexKey.Write(new Span<byte>(one + s_headBytes, full.Length), keyspace, key);
        _shared = _count == 0 ? full.Length : KeyOf(Start)[.._shared].CommonPrefixLength(full);
        _order[_count++] = (uint)(_takenBytes / Unit);
        _takenBytes += bytes;
    }

    private byte* Start => (byte*)Unsafe.AsPointer(ref _taken[0]);

    private byte* At(ulong word) => Start + ((word & PlaceMask) * Unit);

    private static ReadOnlySpan<byte> KeyOf(byte* one) =>
        new(one + s_headBytes, *(int*)(one + sizeof(PointOperation)));

    /// <summary>
    /// By the bytes behind those that all share, as many as a word has room for, and by place where
    /// these are equal: keys that are equal are, and the order of others is for speed only.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sort()
    {
        for (int i = 0; i < _count; i++)
        {
            byte* one = At(_order[i]);
            _order[i] |= ~PlaceMask
                & HeadSearch.HeadOf(one + s_headBytes, KeyOf(one).Length, _shared);
        }

        if (_count <= FewOperations)
        {
            // The place within a word is part of its order already.
            _order.AsSpan(0, _count).Sort();
            return;
        }

        (_order, _spare) = RadixSort(_order, _spare, _count);
    }

    /// <summary>
    /// Sorts words by the bits above their place, least significant digit first, so that words whose
    /// digits are equal stay as they were.
    /// </summary>
    /// <returns>The array that holds them now, and the other.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (ulong[] Sorted, ulong[] Other) RadixSort(ulong[] words, ulong[] other, int count)
    {
        const int DigitBits = 11;
        const int Digits = 1 << DigitBits;
        Span<int> ends = stackalloc int[Digits];
        for (int shift = 64 - (4 * DigitBits); shift < 64; shift += DigitBits)
        {
            ends.Clear();
            for (int i = 0; i < count; i++)
            {
                ends[(int)(words[i] >> shift) & (Digits - 1)]++;
            }

            if (ends[(int)(words[0] >> shift) & (Digits - 1)] == count)
            {
                continue;
            }

            int sum = 0;
            foreach (ref int end in ends)
            {
                (end, sum) = (sum, sum + end);
            }

            for (int i = 0; i < count; i++)
            {
                other[ends[(int)(words[i] >> shift) & (Digits - 1)]++] = words[i];
            }

            (words, other) = (other, words);
        }

        return (words, other);
    }
}
