using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace LogEngine.Caching;

/// <summary>
/// Where in the ring a location's value is, by its hash: buckets of eight slots, a cache line each.
/// </summary>
/// <remarks>
/// <para>
/// A slot is 24 bits of the hash above 40 bits of a position; 0 is empty. It only says where to
/// look: the entry itself names its location.
/// </para>
/// <para>
/// Two neighbours help each other out: what finds its bucket full goes into the other one of the
/// pair, and what is not in its bucket may be there.
/// </para>
/// <para>
/// The table grows with its content by linear hashing: bucket by bucket, each new one taking its
/// part of the slots of an old one, which a bit of the hash in the slot decides. Memory is
/// allocated for a doubling at a time and never moves. One writer at a time, under the shard's
/// lock. A reader beside a split may look into the bucket that its slot has just left: a miss.
/// </para>
/// </remarks>
internal sealed unsafe class CacheTable
{
    internal const int SlotsPerBucket = 8;
    internal const int BucketBytes = SlotsPerBucket * sizeof(ulong);

    private const int FirstBucketBits = 6;
    private const int LargePageBytes = 2 << 20;
    private const int TagBits = 64 - CachePosition.SlotBits;

    /// <summary>
    /// Average slots in use at which the table is doubled: pairs of sixteen slots rarely overflow.
    /// </summary>
    private const int FullSlotsPerBucket = 4;

    /// <summary>
    /// Buckets added at once while it is being doubled. Those not yet split are the fullest, so it
    /// must be over soon; and nobody should wait for it.
    /// </summary>
    private const int SplitsAtOnce = 4;

    /// <summary>Segments begin with the first bucket of a pair.</summary>
    private const int PairBytes = 2 * BucketBytes;

    /// <summary>By doublings; each biased, so that the bucket's number is the index.</summary>
    private readonly nint[] _segments = new nint[TagBits + 1];
    private readonly nint[] _allocations = new nint[TagBits + 1];
    private readonly Action<nint, nint>? _advise;
    private int _buckets;
    private int _goal;
    private int _mostBuckets;
    private long _used;

    /// <summary>An empty table of at most so many bytes, of which it takes what it needs.</summary>
    /// <param name="bytes">Most bytes it takes.</param>
    /// <param name="advise">Told of every part that is worth large pages.</param>
    internal CacheTable(long bytes, Action<nint, nint>? advise)
    {
        _advise = advise;
        long most = bytes / BucketBytes;
        for (int segment = 0; most > 0 && segment < _segments.Length; segment++)
        {
            // What aligning a segment may cost is part of the bytes.
            most -= most > StartOf(segment) ? PairBytes / BucketBytes : 0;
        }

        // Even, so that every bucket has its neighbour.
        _mostBuckets = (int)Math.Min(most, 1L << (FirstBucketBits + TagBits)) & ~1;
    }

    /// <summary>Native bytes taken so far.</summary>
    internal long AllocatedBytes { get; private set; }

    /// <summary>Whether its bytes are enough for the smallest table.</summary>
    internal bool IsPossible => _mostBuckets >= StartOf(1);

    /// <summary>Whether there is a bucket to put anything into; else one is allocated.</summary>
    internal bool TryBegin() =>
        _buckets > 0
        || (IsPossible && TryAllocate(0) && Publish(StartOf(1)));

    /// <summary>The bucket of a hash; null while there is none.</summary>
    internal ulong* Bucket(ulong hash)
    {
        int buckets = Volatile.Read(ref _buckets);
        if (buckets == 0)
        {
            return null;
        }

        uint mask = uint.MaxValue >> BitOperations.LeadingZeroCount((uint)buckets - 1);
        uint bucket = (uint)hash & mask;
        return At(bucket < (uint)buckets ? bucket : bucket & (mask >> 1));
    }

    /// <summary>The part of a slot that its location's hash gives.</summary>
    internal static ulong TagOf(ulong hash) =>
        hash >> FirstBucketBits << CachePosition.SlotBits;

    /// <summary>
    /// The slots of a bucket that have a tag, a bit each. Only a hint where somebody writes: a slot
    /// counts as it is read afterwards, by itself.
    /// </summary>
    /// <remarks>
    /// Which slot it is cannot be predicted. A branch on it would wait for the line from memory
    /// before anything behind it can begin, such as the caller's next read.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint MatchesIn(ulong* bucket, ulong tag)
    {
        Vector256<ulong> wanted = Vector256.Create(tag >> CachePosition.SlotBits);
        Vector256<ulong> low = Vector256.Load(bucket) >> CachePosition.SlotBits;
        Vector256<ulong> high = Vector256.Load(bucket + 4) >> CachePosition.SlotBits;
        return Vector256.Equals(low, wanted).ExtractMostSignificantBits()
            | (Vector256.Equals(high, wanted).ExtractMostSignificantBits() << 4);
    }

    /// <summary>Whether a slot has a tag and is not empty.</summary>
    internal static bool Matches(ulong slot, ulong tag) =>
        ((slot ^ tag) & ~CachePosition.SlotMask) == 0 && slot != 0;

    /// <summary>The other bucket of a pair. While it is no bucket yet it has no slots.</summary>
    internal static ulong* NeighbourOf(ulong* bucket) =>
        (ulong*)((nuint)bucket ^ BucketBytes);

    /// <summary>Where a slot is, in a bucket or its neighbour; null where it is not.</summary>
    internal static ulong* Find(ulong* bucket, ulong slot)
    {
        for (int i = 0; i < SlotsPerBucket; i++)
        {
            if (bucket[i] == slot)
            {
                return bucket + i;
            }

            if (NeighbourOf(bucket)[i] == slot)
            {
                return NeighbourOf(bucket) + i;
            }
        }

        return null;
    }

    /// <summary>
    /// The slot to use for what belongs into a bucket: one there that is empty or of an entry that is
    /// gone, else one in the neighbour, else the oldest. Under the lock.
    /// </summary>
    internal ulong* Choose(ulong* bucket, ulong head)
    {
        ulong* oldest = OldestIn(bucket, head, out bool free);
        if (!free)
        {
            ulong* other = OldestIn(NeighbourOf(bucket), head, out free);
            oldest = free ? other : oldest;
        }

        _used += *oldest == 0 ? 1 : 0;
        return oldest;
    }

    /// <summary>Adds some buckets if the others are full enough. Under the lock.</summary>
    internal void GrowIfFull()
    {
        if (_buckets >= _goal && _used > (long)_buckets * FullSlotsPerBucket
            && _buckets < _mostBuckets)
        {
            int segment = BitOperations.Log2((uint)_buckets) - FirstBucketBits + 1;
            if (!TryAllocate(segment))
            {
                // The process has no more memory: the table stays as it is.
                _mostBuckets = _buckets;
                return;
            }

            _goal = Math.Min(StartOf(segment + 1), _mostBuckets);
        }

        for (int i = 0; i < SplitsAtOnce && _buckets < _goal; i++)
        {
            Split();
        }
    }

    /// <summary>Forgets slots of entries that are gone. Under the lock.</summary>
    internal void Sweep(ulong head)
    {
        for (uint bucket = 0; bucket < (uint)_buckets; bucket++)
        {
            ulong* slots = At(bucket);
            for (int i = 0; i < SlotsPerBucket; i++)
            {
                if (slots[i] != 0
                    && !CachePosition.IsWhole(CachePosition.Of(slots[i], head), head))
                {
                    slots[i] = 0;
                    _used--;
                }
            }
        }
    }

    /// <summary>Gives all memory back; nobody may be reading.</summary>
    internal void Free()
    {
        foreach (ref nint allocation in _allocations.AsSpan())
        {
            NativeMemory.Free((void*)allocation);
            allocation = 0;
        }

        _buckets = 0;
        AllocatedBytes = 0;
    }

    /// <summary>First bucket of a segment.</summary>
    private static int StartOf(int segment) =>
        segment == 0 ? 0 : 1 << (FirstBucketBits + segment - 1);

    /// <summary>An empty slot is the oldest of all.</summary>
    private static ulong* OldestIn(ulong* bucket, ulong head, out bool free)
    {
        int oldest = 0;
        ulong most = 0;
        for (int i = 0; i < SlotsPerBucket; i++)
        {
            ulong age = bucket[i] == 0
                ? ulong.MaxValue
                : head - CachePosition.Of(bucket[i], head);
            oldest = age > most ? i : oldest;
            most = age > most ? age : most;
        }

        free = most > CachePosition.OneLap;
        return bucket + oldest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong* At(uint bucket)
    {
        int segment = BitOperations.Log2(bucket | (1 << (FirstBucketBits - 1)))
            - (FirstBucketBits - 1);
        return (ulong*)(_segments[segment] + ((nint)bucket * BucketBytes));
    }

    private void Split()
    {
        uint added = (uint)_buckets;
        int level = BitOperations.Log2(added);
        ulong* from = At(added - (1U << level));
        ulong* to = At(added);
        int bit = CachePosition.SlotBits + level - FirstBucketBits;
        int moved = 0;
        for (int i = 0; i < SlotsPerBucket; i++)
        {
            if ((from[i] >> bit & 1) != 0)
            {
                to[moved++] = from[i];
            }
        }

        // The new bucket is whole before anybody is sent there, and only then is the old one cut.
        Publish((int)added + 1);
        for (int i = 0; i < SlotsPerBucket; i++)
        {
            if ((from[i] >> bit & 1) != 0)
            {
                from[i] = 0;
            }
        }
    }

    private bool Publish(int buckets)
    {
        Volatile.Write(ref _buckets, buckets);
        return true;
    }

    private bool TryAllocate(int segment)
    {
        int end = Math.Min(StartOf(segment + 1), _mostBuckets);
        nuint bytes = ((nuint)(end - StartOf(segment)) * BucketBytes) + PairBytes;
        void* memory;
        try
        {
            // Zeroed by the system where it is large: then it costs nothing until it is used.
            memory = NativeMemory.AllocZeroed(bytes);
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        if (bytes >= LargePageBytes)
        {
            _advise?.Invoke((nint)memory, (nint)bytes);
        }

        _allocations[segment] = (nint)memory;
        nint aligned = (nint)(((nuint)memory + PairBytes - 1) & ~(nuint)(PairBytes - 1));
        _segments[segment] = aligned - ((nint)StartOf(segment) * BucketBytes);
        AllocatedBytes += (long)bytes;
        return true;
    }
}
