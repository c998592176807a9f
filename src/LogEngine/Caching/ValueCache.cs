using System.Buffers;
using System.Numerics;

namespace LogEngine.Caching;

/// <summary>
/// A bounded cache in native memory from locations to the bytes that are there for good. Reads take
/// no lock and wait for nobody.
/// </summary>
/// <remarks>
/// <para>
/// A location names bytes that never change, so nothing is ever invalidated: a location that is
/// reused must be another number. 0 is no location.
/// </para>
/// <para>
/// Thread-safe, but for disposal: the owner disposes it when nobody is in a call. Values are put in
/// by whoever has them, at tens of nanoseconds; where two write into one shard at once, one of them
/// goes without. The oldest go first, except those that are read when they are old
/// (<see cref="CacheShard.KeepIfOld"/>). The argument that a read never returns wrong bytes is at
/// <see cref="CacheShard"/>.
/// </para>
/// <para>
/// Memory: never more than the capacity, tables included, in native memory; it is taken in steps of
/// up to 2 MiB a shard as values come in, and kept until disposal. A value takes its length and
/// about 30 bytes.
/// </para>
/// </remarks>
internal sealed unsafe class ValueCache : IDisposable
{
    /// <summary>Values above it are not cached.</summary>
    internal const int MaxValueBytes = 64 << 10;

    private const int MostShards = 16;
    private const long LeastShardBytes = 8L << 20;

    /// <summary>A ring has fewer than 2^28 units.</summary>
    private const long LargestShardBytes = 2L << 30;

    private readonly CacheShard[] _shards;
    private readonly int _shardShift;
    private readonly CacheCounters _counters = new();
    private bool _disposed;

    /// <summary>An empty cache, which has taken no memory yet.</summary>
    /// <param name="capacityBytes">Most bytes it takes; 0 caches nothing.</param>
    /// <param name="advise">
    /// Told of each larger piece of memory, by address and length, before it is used: where large
    /// pages can be asked for.
    /// </param>
    internal ValueCache(long capacityBytes, Action<nint, nint>? advise = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacityBytes);
        CapacityBytes = capacityBytes;
        long shards = Math.Clamp(capacityBytes / LeastShardBytes, 1, MostShards);
        shards = 1L << BitOperations.Log2((ulong)shards);
        while (capacityBytes / shards > LargestShardBytes)
        {
            shards *= 2;
        }

        _shards = new CacheShard[capacityBytes == 0 ? 0 : shards];
        for (int i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new CacheShard(capacityBytes / shards, advise);
        }

        _shardShift = 63 - BitOperations.Log2((ulong)shards);
        LargestValueBytes = _shards.Length == 0
            ? -1
            : Math.Min(MaxValueBytes, _shards[0].MaxValueBytes);
    }

    /// <summary>Most bytes it takes.</summary>
    internal long CapacityBytes { get; }

    /// <summary>
    /// Largest value it takes: less than <see cref="MaxValueBytes"/> where the capacity is small,
    /// negative where it takes none.
    /// </summary>
    internal long LargestValueBytes { get; }

    /// <summary>Bytes taken so far.</summary>
    internal long AllocatedBytes => _shards.Sum(shard => shard.AllocatedBytes);

    /// <summary>Reads that found their value; about, where threads are many.</summary>
    internal long Hits => _counters.Hits;

    /// <summary>Reads that did not; about, where threads are many.</summary>
    internal long Misses => _counters.Misses;

    /// <summary>
    /// Copies a value. False where it is not cached. Where it is longer than the destination, its
    /// length is given and nothing is copied; the destination may have been written over
    /// otherwise, also on a miss.
    /// </summary>
    internal bool TryRead(ulong location, Span<byte> destination, out int length)
    {
        ulong hash = Hash(location);
        if (TryFind(hash, location, out CacheShard? shard, out CacheEntry entry))
        {
            length = entry.Length;
            Span<byte> copy = length <= destination.Length ? destination[..length] : default;
            new ReadOnlySpan<byte>(entry.Bytes, copy.Length).CopyTo(copy);
            if (shard.StillWhole(entry))
            {
                _counters.Hit();
                if (copy.Length == length)
                {
                    shard.KeepIfOld(hash, location, entry, copy);
                }

                return true;
            }
        }

        _counters.Miss();
        length = 0;
        return false;
    }

    /// <summary>Appends a value to a buffer. False, and nothing appended, where it is not cached.</summary>
    internal bool TryRead(ulong location, IBufferWriter<byte> destination, out int length)
    {
        ulong hash = Hash(location);
        if (TryFind(hash, location, out CacheShard? shard, out CacheEntry entry)
            && (length = entry.Length) <= LargestValueBytes)
        {
            // Asked for only now that the length is known; it may still turn out to be none.
            Span<byte> copy = destination.GetSpan(length)[..length];
            new ReadOnlySpan<byte>(entry.Bytes, length).CopyTo(copy);
            if (shard.StillWhole(entry))
            {
                _counters.Hit();
                shard.KeepIfOld(hash, location, entry, copy);
                destination.Advance(length);
                return true;
            }
        }

        _counters.Miss();
        length = 0;
        return false;
    }

    /// <summary>The length of a value; false where it is not cached. Counts as nothing.</summary>
    internal bool TryGetLength(ulong location, out int length)
    {
        bool found = TryFind(Hash(location), location, out CacheShard? shard, out CacheEntry entry)
            && shard.StillWhole(entry);
        length = found ? entry.Length : 0;
        return found;
    }

    /// <summary>
    /// Puts a value in, unless it is too large, there already, or somebody else is writing next to
    /// it.
    /// </summary>
    /// <returns>Whether it is in the cache now.</returns>
    internal bool Add(ulong location, ReadOnlySpan<byte> value)
    {
        if (location == 0 || value.Length > LargestValueBytes)
        {
            return false;
        }

        ulong hash = Hash(location);
        return ShardOf(hash).TryAdd(hash, location, value);
    }

    /// <summary>
    /// First of two steps that overlap the memory latencies of several reads or additions: all
    /// locations' first steps, then all second ones, then the reads.
    /// </summary>
    internal void Prefetch(ulong location)
    {
        if (_shards.Length > 0)
        {
            ulong hash = Hash(location);
            ShardOf(hash).Prefetch(hash);
        }
    }

    /// <summary>The second step, for reads only.</summary>
    internal void PrefetchValue(ulong location)
    {
        if (_shards.Length > 0)
        {
            ulong hash = Hash(location);
            ShardOf(hash).PrefetchEntry(hash);
        }
    }

    /// <summary>Gives the memory back. Nobody may be in a call, and nobody may call after it.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (CacheShard shard in _shards)
        {
            shard.Free();
        }
    }

    /// <summary>For tests.</summary>
    internal CacheShard ShardOfLocation(ulong location) => ShardOf(Hash(location));

    /// <summary>Spreads what may be dense over all bits; the top ones choose the shard.</summary>
    private static ulong Hash(ulong location)
    {
        ulong hash = location * 0x9E37_79B9_7F4A_7C15;
        hash = (hash ^ (hash >> 32)) * 0xD6E8_FEB8_6659_FD93;
        return hash ^ (hash >> 29);
    }

    private CacheShard ShardOf(ulong hash) => _shards[(hash >> 1) >> _shardShift];

    private bool TryFind(
        ulong hash,
        ulong location,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CacheShard? shard,
        out CacheEntry entry)
    {
        if (location != 0 && _shards.Length > 0)
        {
            shard = ShardOf(hash);
            return shard.TryFind(hash, location, out entry);
        }

        shard = null;
        entry = default;
        return false;
    }
}
