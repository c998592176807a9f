using System.Runtime.InteropServices;

namespace LogEngine.Caching;

/// <summary>
/// The bytes of one shard: native memory that is written round and round, allocated chunk by chunk
/// while it goes round for the first time.
/// </summary>
/// <remarks>
/// One writer at a time, under the shard's lock. A chunk is never moved or freed before disposal,
/// so readers need nothing but a position; whether what is there is still what it was is told by
/// the head.
/// </remarks>
internal sealed unsafe class CacheRing
{
    private const int LargestChunkBytes = 2 << 20;
    private const int SmallestChunkBytes = 128 << 10;
    private const int ChunksWanted = 8;

    private readonly nint[] _chunks;
    private readonly Action<nint, nint>? _advise;
    private readonly int _chunkUnitBits;
    private readonly ulong _chunkUnits;

    /// <summary>Where it turns: smaller than asked for if there was no more memory.</summary>
    private ulong _endUnits;

    /// <param name="bytes">Length of the ring.</param>
    /// <param name="advise">Told of every chunk that is worth a large page.</param>
    internal CacheRing(long bytes, Action<nint, nint>? advise)
    {
        _advise = advise;
        long wanted = Math.Clamp(bytes / ChunksWanted, SmallestChunkBytes, LargestChunkBytes);
        _chunkUnitBits = (int)ulong.Log2((ulong)wanted) - 3;
        _chunkUnits = 1UL << _chunkUnitBits;
        _endUnits = (ulong)bytes / CachePosition.UnitBytes;
        _chunks = new nint[(int)((_endUnits + _chunkUnits - 1) >> _chunkUnitBits)];

        // A ring of few entries would throw away much to make room for one.
        LargestEntryUnits = Math.Min(_chunkUnits, _endUnits / ChunksWanted);
    }

    /// <summary>Largest entry that it takes.</summary>
    internal ulong LargestEntryUnits { get; }

    /// <summary>Native bytes taken so far.</summary>
    internal long AllocatedBytes { get; private set; }

    /// <summary>Length of the ring in units.</summary>
    internal ulong EndUnits => _endUnits;

    /// <summary>The memory at a position; null where there is none yet.</summary>
    internal byte* At(ulong position)
    {
        ulong offset = CachePosition.OffsetOf(position);
        ulong chunk = offset >> _chunkUnitBits;
        nint start = chunk < (ulong)_chunks.Length ? _chunks[chunk] : 0;
        return start == 0 ? null : (byte*)start + ((offset & (_chunkUnits - 1)) << 3);
    }

    /// <summary>Bytes from a position to the end of its chunk: no entry goes past it.</summary>
    internal ulong BytesBehind(ulong position)
    {
        ulong offset = CachePosition.OffsetOf(position);
        ulong end = ((offset >> _chunkUnitBits) + 1) << _chunkUnitBits;
        return (Math.Min(end, _endUnits) - offset) << 3;
    }

    /// <summary>Where an entry goes that follows a head; false where memory is out.</summary>
    internal bool TryPlace(ulong head, ulong units, out ulong position)
    {
        ulong lap = head >> CachePosition.OffsetBits;
        ulong offset = CachePosition.OffsetOf(head);
        while (_endUnits > 0)
        {
            ulong chunk = offset >> _chunkUnitBits;
            ulong end = Math.Min((chunk + 1) << _chunkUnitBits, _endUnits);
            if (offset + units <= end)
            {
                if (_chunks[chunk] != 0 || TryAllocate(chunk, end))
                {
                    position = (lap << CachePosition.OffsetBits) | offset;
                    return true;
                }

                // The process has no more memory: the ring turns here from now on.
                _endUnits = chunk << _chunkUnitBits;
                end = _endUnits;
            }

            offset = end;
            if (offset >= _endUnits)
            {
                lap++;
                offset = 0;
            }
        }

        position = 0;
        return false;
    }

    /// <summary>Gives all memory back; nobody may be reading.</summary>
    internal void Free()
    {
        foreach (ref nint chunk in _chunks.AsSpan())
        {
            NativeMemory.AlignedFree((void*)chunk);
            chunk = 0;
        }

        AllocatedBytes = 0;
    }

    private bool TryAllocate(ulong chunk, ulong end)
    {
        nuint bytes = (nuint)((end - (chunk << _chunkUnitBits)) << 3);
        try
        {
            _chunks[chunk] = (nint)NativeMemory.AlignedAlloc(bytes, (nuint)(_chunkUnits << 3));
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        // Not the first one: a large page is taken whole, and a store may stay small.
        if (chunk > 0 && bytes == LargestChunkBytes)
        {
            _advise?.Invoke(_chunks[chunk], LargestChunkBytes);
        }

        AllocatedBytes += (long)bytes;
        return true;
    }
}
