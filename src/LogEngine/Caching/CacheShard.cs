using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace LogEngine.Caching;

/// <summary>A part of the cache: a ring of bytes, and the table of what is where in it.</summary>
/// <remarks>
/// <para>
/// An entry is location (8), length (4) and bytes, rounded up to 8. Entries are written one behind
/// the other at the head and never changed; the head then runs over the oldest.
/// </para>
/// <para><b>Why a read returns the right bytes or none.</b></para>
/// <para>
/// A writer, alone under the lock, moves the head behind the place of its entry <i>first</i>, writes
/// the entry, and publishes the slot <i>last</i>. Store barriers keep this order.
/// </para>
/// <para>
/// A reader takes a slot, copies the entry at its position, and then looks at the head. As the slot
/// was published after the entry was written, the entry was whole at some moment before the copy
/// began. If a byte of the copy came from a later entry, that entry's writer had moved the head
/// before it wrote the byte, so the reader, whose look at the head comes after the copy, sees
/// a head more than one lap ahead of the position, and drops the copy. While the entry is being
/// overwritten its length may be anything, so the copy is kept inside the chunk.
/// </para>
/// <para>
/// A slot keeps only the low 12 bits of the lap. When a slot is read, its entry is at most 1,025
/// laps old, because the table is swept every 1,024; and the reader gives up if the head went 2,048
/// laps further between a look before the slot and the look after it. So what it takes for
/// the position is the position; from there on it compares all 64 bits.
/// </para>
/// </remarks>
internal sealed unsafe class CacheShard
{
    internal const int HeaderBytes = 12;

    private const int LengthAt = 8;
    private const int LockSpins = 64;

    /// <summary>Share of the ring that may be written again without new values.</summary>
    private const ulong CreditShare = 32;

    private readonly CacheRing _ring;
    private readonly CacheTable _table;
    private Line _line;

    internal CacheShard(long bytes, Action<nint, nint>? advise)
    {
        // A seventh for the table: it is less than half full when values have a hundred bytes.
        long table = bytes / 7;
        _table = new CacheTable(table, advise);
        _ring = new CacheRing(bytes - table, advise);
        _line.Head = CachePosition.OneLap;
    }

    internal long AllocatedBytes => _table.AllocatedBytes + _ring.AllocatedBytes;

    /// <summary>Largest value that it takes; negative where it is too small for any.</summary>
    internal long MaxValueBytes => _table.IsPossible
        ? ((long)_ring.LargestEntryUnits * CachePosition.UnitBytes) - HeaderBytes
        : -1;

    /// <summary>Sets the lap, for tests of laps that take days to reach.</summary>
    internal ulong Lap
    {
        get => _line.Head >> CachePosition.OffsetBits;
        set => _line.Head =
            (value << CachePosition.OffsetBits) | CachePosition.OffsetOf(_line.Head);
    }

    /// <summary>Brings the table's line nearer.</summary>
    internal void Prefetch(ulong hash) => Prefetch(_table.Bucket(hash));

    /// <summary>Brings the first lines of an entry nearer.</summary>
    internal void PrefetchEntry(ulong hash)
    {
        ulong* bucket = _table.Bucket(hash);
        ulong tag = CacheTable.TagOf(hash);
        uint matches = bucket is null ? 0 : CacheTable.MatchesIn(bucket, tag);
        for (; matches != 0; matches &= matches - 1)
        {
            ulong slot = Volatile.Read(ref bucket[BitOperations.TrailingZeroCount(matches)]);
            if (CacheTable.Matches(slot, tag) && _ring.At(slot) is var entry && entry is not null)
            {
                Prefetch(entry);
                Prefetch(entry + CacheTable.BucketBytes);
            }
        }
    }

    /// <summary>
    /// Looks for an entry. What it gives counts only if <see cref="StillWhole"/> says so afterwards.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryFind(ulong hash, ulong location, out CacheEntry entry)
    {
        ulong before = Volatile.Read(ref _line.Head);
        ulong* bucket = _table.Bucket(hash);
        if (bucket is not null
            && (TryFindIn(bucket, hash, before, location, out entry)
                || TryFindIn(
                    CacheTable.NeighbourOf(bucket), hash, before, location, out entry)))
        {
            return true;
        }

        entry = default;
        return false;
    }

    /// <summary>Whether everything read of an entry until now was its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool StillWhole(in CacheEntry entry)
    {
        Volatile.ReadBarrier();
        return CachePosition.IsWhole(entry.Position, Volatile.Read(ref _line.Head));
    }

    /// <summary>Puts a value at the head, unless it is there or others are writing.</summary>
    /// <returns>Whether it is in the cache now.</returns>
    internal bool TryAdd(ulong hash, ulong location, ReadOnlySpan<byte> value)
    {
        if (!TryEnter())
        {
            return false;
        }

        try
        {
            return _table.TryBegin()
                && (IsThere(hash, location) || TryWrite(hash, location, value, null));
        }
        finally
        {
            Volatile.Write(ref _line.Lock, 0);
        }
    }

    /// <summary>
    /// Puts a value that was just read back to the head if its entry will soon be overwritten, at
    /// most as many bytes as new values were put in: what is read often stays, and reading alone
    /// moves nothing.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void KeepIfOld(
        ulong hash, ulong location, in CacheEntry entry, ReadOnlySpan<byte> value)
    {
        // Asked first, as it can be predicted: an entry's age cannot.
        if (_line.Credit > 0 && IsOld(entry.Position))
        {
            Keep(hash, location, entry.Position, value);
        }
    }

    /// <summary>Gives all memory back; nobody may be reading or writing.</summary>
    internal void Free()
    {
        _table.Free();
        _ring.Free();
    }

    private static void Prefetch(void* memory)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(memory);
        }
    }

    private static ulong UnitsOf(int length) =>
        (ulong)(HeaderBytes + length + CachePosition.UnitBytes - 1) / CachePosition.UnitBytes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFindIn(
        ulong* bucket, ulong hash, ulong before, ulong location, out CacheEntry entry)
    {
        ulong tag = CacheTable.TagOf(hash);
        for (uint matches = CacheTable.MatchesIn(bucket, tag);
            matches != 0;
            matches &= matches - 1)
        {
            ulong slot = Volatile.Read(ref bucket[BitOperations.TrailingZeroCount(matches)]);
            if (CacheTable.Matches(slot, tag)
                && TryLook(slot, before, location, out entry))
            {
                return true;
            }
        }

        entry = default;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryLook(ulong slot, ulong before, ulong location, out CacheEntry entry)
    {
        ulong head = Volatile.Read(ref _line.Head);
        ulong position = CachePosition.Of(slot, head);
        byte* at = _ring.At(position);
        if (head - before < CachePosition.LookLaps << CachePosition.OffsetBits
            && CachePosition.IsWhole(position, head)
            && at is not null)
        {
            Prefetch(at + CacheTable.BucketBytes);
            int length = Unsafe.ReadUnaligned<int>(at + LengthAt);
            if (Unsafe.ReadUnaligned<ulong>(at) == location
                && (ulong)(uint)length + HeaderBytes <= _ring.BytesBehind(position))
            {
                entry = new CacheEntry(position, at + HeaderBytes, length);
                return true;
            }
        }

        entry = default;
        return false;
    }

    private bool TryEnter()
    {
        for (int spins = 0; spins < LockSpins; spins++)
        {
            if (_line.Lock == 0 && Interlocked.Exchange(ref _line.Lock, 1) == 0)
            {
                return true;
            }

            Thread.SpinWait(1);
        }

        // Whoever has it may not be running: a value that is not cached is better than waiting.
        return false;
    }

    /// <summary>Whether the head has gone on for more than half a lap.</summary>
    private bool IsOld(ulong position)
    {
        ulong head = _line.Head;
        ulong end = _ring.EndUnits;
        ulong ahead = CachePosition.OffsetOf(head) - CachePosition.OffsetOf(position);
        return ((head ^ position) < CachePosition.OneLap ? ahead : ahead + end) > end / 2;
    }

    private bool IsThere(ulong hash, ulong location) =>
        TryFind(hash, location, out CacheEntry entry) && StillWhole(entry);

    private void Keep(ulong hash, ulong location, ulong position, ReadOnlySpan<byte> value)
    {
        if (!TryEnter())
        {
            return;
        }

        try
        {
            // Somebody else may have done it, and its slot may have been given away.
            ulong tag = CacheTable.TagOf(hash);
            ulong* bucket = _table.Bucket(hash);
            ulong* slot = CacheTable.Find(bucket, tag | (position & CachePosition.SlotMask));
            if (slot is not null)
            {
                _line.Credit -= (long)UnitsOf(value.Length);
                TryWrite(hash, location, value, slot);
            }
        }
        finally
        {
            Volatile.Write(ref _line.Lock, 0);
        }
    }

    /// <summary>Under the lock.</summary>
    private bool TryWrite(
        ulong hash, ulong location, ReadOnlySpan<byte> value, ulong* slot)
    {
        ulong head = _line.Head;
        ulong units = UnitsOf(value.Length);
        if (!_ring.TryPlace(head, units, out ulong position))
        {
            return false;
        }

        ulong next = position + units;
        BeginLapIfNew(head, next, slot is null ? units : 0);

        // Readers of what is overwritten now must see the head first.
        Volatile.Write(ref _line.Head, next);
        Volatile.WriteBarrier();
        byte* at = _ring.At(position);
        Unsafe.WriteUnaligned(at, location);
        Unsafe.WriteUnaligned(at + LengthAt, value.Length);
        value.CopyTo(new Span<byte>(at + HeaderBytes, value.Length));

        if (slot is null)
        {
            _table.GrowIfFull();
            slot = _table.Choose(_table.Bucket(hash), next);
        }

        Volatile.Write(ref *slot, CacheTable.TagOf(hash) | (position & CachePosition.SlotMask));

        // The next entry's lines come from memory while other shards are written.
        Prefetch(at + (units * CachePosition.UnitBytes));
        Prefetch(at + (units * CachePosition.UnitBytes) + CacheTable.BucketBytes);
        return true;
    }

    private void BeginLapIfNew(ulong head, ulong next, ulong newUnits)
    {
        ulong lap = next >> CachePosition.OffsetBits;
        if (lap != head >> CachePosition.OffsetBits && lap % CachePosition.SweepLaps == 0)
        {
            _table.Sweep(next);
        }

        // Nothing will be overwritten soon while the ring is half empty.
        ulong end = _ring.EndUnits;
        if (lap > 1 || CachePosition.OffsetOf(next) > end / 2)
        {
            long most = (long)(end / CreditShare);
            _line.Credit = Math.Min(_line.Credit + (long)newUnits, most);
        }
    }

    /// <summary>What writers change, on lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Line
    {
        /// <summary>Where the next entry goes. Changed under the lock, before the bytes.</summary>
        [FieldOffset(64)]
        internal ulong Head;

        /// <summary>1 while somebody writes.</summary>
        [FieldOffset(72)]
        internal int Lock;

        /// <summary>Units that may be written again; a guess outside the lock.</summary>
        [FieldOffset(80)]
        internal long Credit;
    }
}

/// <summary>A place in a ring where a value was seen.</summary>
internal readonly unsafe struct CacheEntry(ulong position, byte* bytes, int length)
{
    /// <summary>The entry's position.</summary>
    internal ulong Position => position;

    /// <summary>The value's first byte.</summary>
    internal byte* Bytes => bytes;

    /// <summary>The value's length in bytes.</summary>
    internal int Length => length;
}
