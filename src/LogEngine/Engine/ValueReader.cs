using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Engine;

/// <summary>Gets values by location: from the cache, or from the segment's file, verified.</summary>
/// <remarks>Thread-safe; takes no lock on a hit.</remarks>
internal sealed class ValueReader : IDisposable
{
    /// <summary>Files kept open for point reads; beyond that another one is let go.</summary>
    private const int MaxOpenFiles = 256;

    [ThreadStatic]
    private static AlignedBuffer? _directBuffer;

    private readonly IFileSystem _files;
    private readonly CommittedIndex _state;
    private readonly string _directory;
    private readonly bool _direct;
    private readonly Lock _openGate = new();
    private readonly Queue<SegmentSlot> _open = new();

    /// <param name="files">Where the segments are.</param>
    /// <param name="state">The index.</param>
    /// <param name="directory">Named by what is wrong in no file of its own.</param>
    /// <param name="direct">Whether a segment that is written is read past the page cache.</param>
    internal ValueReader(IFileSystem files, CommittedIndex state, string directory, bool direct)
    {
        _files = files;
        _state = state;
        _directory = directory;
        _direct = direct;
    }

    /// <summary>Reads of files, for one value or for some that lie side by side.</summary>
    internal long FileReads => Interlocked.Read(ref _fileReads);

    private long _fileReads;

    /// <summary>Copies a value if the cache has it; never blocks.</summary>
    internal bool TryReadCached(in IndexValue entry, IBufferWriter<byte> into)
    {
        return TryGetCacheKey(entry, out ulong key) && _state.Cache.TryRead(key, into, out _);
    }

    /// <summary>
    /// The first of two steps that overlap the memory latencies of several reads; then come the
    /// second steps, then the reads.
    /// </summary>
    internal void Prefetch(in IndexValue entry)
    {
        if (TryGetCacheKey(entry, out ulong key))
        {
            _state.Cache.Prefetch(key);
        }
    }

    /// <summary>The second step.</summary>
    internal void PrefetchValue(in IndexValue entry)
    {
        if (TryGetCacheKey(entry, out ulong key))
        {
            _state.Cache.PrefetchValue(key);
        }
    }

    /// <summary>
    /// Copies a value; may read the disk. False where the place does not hold it, which is damage
    /// if the index still says so, or if what it was looked up in is pinned.
    /// </summary>
    /// <param name="entry">What the index says.</param>
    /// <param name="key">The key with its prefix.</param>
    /// <param name="into">Where to.</param>
    /// <param name="damage">The place and what is wrong with it.</param>
    internal bool TryRead(
        in IndexValue entry,
        ReadOnlySpan<byte> key,
        IBufferWriter<byte> into,
        out CorruptionException? damage)
    {
        damage = null;
        if (TryReadCached(entry, into))
        {
            return true;
        }

        Location location = new(entry.Location);
        if (_state.Slots.At(location.Slot) is not { } slot || !slot.Segment.TryPin())
        {
            return false;
        }

        byte[] record = RentedBytes.Rent(location.PaddedLength);
        try
        {
            Span<byte> bytes = record.AsSpan(0, location.PaddedLength);
            ReadRecord(slot, location, bytes);
            damage = Examine(
                slot, location, bytes, entry.Version, key, out ReadOnlySpan<byte> value);
            if (damage is not null)
            {
                return false;
            }

            into.Write(value);
            Keep(slot, location, value);
            return true;
        }
        finally
        {
            slot.Segment.Unpin();
            RentedBytes.Return(record);
        }
    }

    /// <summary>The segment that a location names; null where it was freed, or there is none.</summary>
    internal SegmentSlot? SlotOf(Location location) =>
        location.IsChunkSet ? null : _state.Slots.At(location.Slot);

    /// <summary>Whether the cache has a value; now, not for long.</summary>
    internal bool IsCached(in IndexValue entry) =>
        TryGetCacheKey(entry, out ulong key) && _state.Cache.TryGetLength(key, out _);

    /// <summary>Verifies a record that has been read already, and gives its value.</summary>
    /// <exception cref="CorruptionException">It is damaged, or another key's.</exception>
    internal static ReadOnlySpan<byte> Verify(
        SegmentSlot slot,
        Location location,
        ReadOnlySpan<byte> record,
        long version,
        ReadOnlySpan<byte> key)
    {
        CorruptionException? damage = Examine(
            slot, location, record, version, key, out ReadOnlySpan<byte> value);
        return damage is null ? value : throw damage;
    }

    /// <summary>The same; says what is wrong with it, null for nothing.</summary>
    internal static CorruptionException? Examine(
        SegmentSlot slot,
        Location location,
        ReadOnlySpan<byte> record,
        long version,
        ReadOnlySpan<byte> key,
        out ReadOnlySpan<byte> value)
    {
        string? reason = Check(slot, location, record, version, key, out value);
        return reason is null
            ? null
            : new CorruptionException(slot.Segment.Path, location.Offset, reason);
    }

    /// <summary>Gives the cache a value that was read from its segment, which is pinned.</summary>
    internal void Keep(SegmentSlot slot, Location location, ReadOnlySpan<byte> value) =>
        _state.Cache.Add(slot.CacheKey(location.Offset), value);

    /// <summary>
    /// Whether a record whose checksum was right gives a key a version; and its value.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryGetValue(
        ReadOnlySpan<byte> record, long version, ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        value = default;
        uint length = RecordHeader.ReadLength(record);
        if (length < RecordHeader.Size || length > record.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> payload = record[RecordHeader.Size..(int)length];
        int at = OperationCodec.FindValue(
            payload,
            RecordHeader.ReadSequence(record),
            version,
            IndexKey.KeyspaceOf(key),
            key[IndexKey.PrefixSize..]);
        if (at < 0)
        {
            return false;
        }

        value = payload[at..];
        return true;
    }

    /// <summary>Copies the value of a set of chunks, as of a pinned root.</summary>
    /// <exception cref="CorruptionException">A chunk is damaged or missing.</exception>
    internal void ReadChunks(PinnedRoot root, long set, IBufferWriter<byte> into)
    {
        Span<byte> key = stackalloc byte[IndexKey.MaxSize];
        long left = long.MaxValue;
        for (int chunk = 0; left > 0; chunk++)
        {
            int length = IndexKey.Write(
                key, KeyspaceTable.Chunks, IndexKey.ChunkKey(set, chunk));
            if (!root.TryGet(key[..length], out IndexValue entry))
            {
                throw new CorruptionException(
                    _directory, -1, $"chunk {chunk} of the large value {set} is missing");
            }

            if (chunk == 0)
            {
                PooledBytes first = new();
                try
                {
                    ReadPinned(entry, key[..length], first);
                    if (first.Length < sizeof(long))
                    {
                        throw Misfit(entry, set, chunk);
                    }

                    left = BinaryPrimitives.ReadInt64LittleEndian(first.Written);
                    into.Write(first.Written[sizeof(long)..]);
                    left -= first.Length - sizeof(long);
                }
                finally
                {
                    first.Dispose();
                }
            }
            else
            {
                left -= ReadPinned(entry, key[..length], into);
            }

            if (left < 0)
            {
                throw Misfit(entry, set, chunk);
            }
        }
    }

    /// <summary>Copies a value looked up in a pinned root; gives its length.</summary>
    /// <exception cref="CorruptionException">It is damaged.</exception>
    internal int ReadPinned(in IndexValue entry, ReadOnlySpan<byte> key, IBufferWriter<byte> into)
    {
        CountingWriter counting = new(into);
        if (!TryRead(entry, key, counting, out CorruptionException? damage))
        {
            throw damage ?? Gone(entry);
        }

        return counting.Count;
    }

    /// <summary>
    /// Opens the segments there are, as many as are kept open: they can then be read even when
    /// their names are gone.
    /// </summary>
    internal void OpenAll()
    {
        foreach (SegmentSlot slot in _state.Slots.All.Take(MaxOpenFiles))
        {
            OpenHandle(slot).Unpin();
        }
    }

    /// <summary>Closes what is open; nobody reads any more.</summary>
    public void Dispose()
    {
        lock (_openGate)
        {
            while (_open.TryDequeue(out SegmentSlot? slot))
            {
                slot.SwapHandle(null);
            }
        }
    }

    /// <summary>What the index points at has no segment.</summary>
    internal CorruptionException Gone(in IndexValue entry) => new(
        _directory,
        -1,
        $"the index says that version {entry.Version} of a value is in a segment that is not there "
        + $"(slot {new Location(entry.Location).Slot})");

    /// <summary>A chunk is longer than what is left of its value.</summary>
    private CorruptionException Misfit(in IndexValue entry, long set, int chunk)
    {
        Location location = new(entry.Location);
        return new CorruptionException(
            SlotOf(location)?.Segment.Path ?? _directory,
            location.IsChunkSet ? -1 : location.Offset,
            $"chunk {chunk} of the large value {set} does not fit its length");
    }

    private bool TryGetCacheKey(in IndexValue entry, out ulong key)
    {
        Location location = new(entry.Location);
        if (location.IsChunkSet || _state.Slots.At(location.Slot) is not { } slot)
        {
            key = 0;
            return false;
        }

        key = slot.CacheKey(location.Offset);
        return true;
    }

    private static string? Check(
        SegmentSlot slot,
        Location location,
        ReadOnlySpan<byte> bytes,
        long version,
        ReadOnlySpan<byte> key,
        out ReadOnlySpan<byte> value)
    {
        value = default;
        uint length = RecordHeader.ReadLength(bytes);
        if (length < RecordHeader.Size || length > bytes.Length)
        {
            return "no record stands here";
        }

        int encoded = FormatLimits.AlignField((int)length);
        long sequence = RecordHeader.ReadSequence(bytes);
        if (encoded != bytes.Length
            || !RecordHeader.Verify(bytes, encoded, slot.SaltState, location.Offset, sequence))
        {
            return $"the checksum of the record of version {version} does not match";
        }

        return TryGetValue(bytes, version, key, out value)
            ? null
            : $"record {sequence} stands here, not one that gives the key its version {version}";
    }

    private void ReadRecord(SegmentSlot slot, Location location, Span<byte> bytes)
    {
        ReadHandle handle = PinHandle(slot);
        try
        {
            ReadBytes(handle, slot, location.Offset, bytes);
        }
        finally
        {
            handle.Unpin();
        }
    }

    /// <summary>Reads bytes of a segment, which is pinned as its file is; what is not there is zeros.</summary>
    /// <exception cref="StorageIOException">The file cannot be read.</exception>
    internal void ReadBytes(ReadHandle handle, SegmentSlot slot, long offset, Span<byte> bytes)
    {
        Interlocked.Increment(ref _fileReads);
        if (handle.File.IsDirect)
        {
            ReadDirect(handle.File, slot.Segment.Header.Alignment, offset, bytes);
        }
        else
        {
            // Short only at the end of the file: then the checksum fails.
            int read = handle.File.Read(bytes, offset);
            bytes[read..].Clear();
        }
    }

    /// <summary>The open file of a segment, to be unpinned by the caller.</summary>
    /// <exception cref="StorageIOException">It cannot be opened.</exception>
    internal ReadHandle PinHandle(SegmentSlot slot)
    {
        ReadHandle? handle = slot.TryPinHandle();
        if (handle is { File.IsDirect: true } && !SegmentFileReader.IsPastCache(slot.Segment))
        {
            // Opened while all of it was written past the page cache; now that may serve it.
            handle.Unpin();
            handle = null;
        }

        return handle ?? OpenHandle(slot);
    }

    /// <summary>A direct read takes whole blocks, into aligned memory.</summary>
    private static void ReadDirect(IStorageFile file, int alignment, long offset, Span<byte> bytes)
    {
        long start = offset / alignment * alignment;
        int length = checked((int)(FormatLimits.AlignUp(offset + bytes.Length, alignment) - start));
        AlignedBuffer? buffer = _directBuffer;
        if (buffer is null || buffer.Length < length)
        {
            buffer?.Dispose();
            _directBuffer = buffer = new AlignedBuffer(Math.Max(length, 64 << 10), zeroed: false);
        }

        Span<byte> blocks = buffer.Span[..length];
        int read = file.Read(blocks, start);
        blocks[read..].Clear();
        blocks.Slice((int)(offset - start), bytes.Length).CopyTo(bytes);
    }

    /// <summary>Opens a segment for point reads, pinned for the caller.</summary>
    private ReadHandle OpenHandle(SegmentSlot slot)
    {
        ReadHandle handle = new(SegmentFileReader.Open(_files, slot.Segment, _direct));
        handle.TryPin();
        lock (_openGate)
        {
            slot.SwapHandle(handle);
            _open.Enqueue(slot);
            while (_open.Count > MaxOpenFiles)
            {
                _open.Dequeue().SwapHandle(null);
            }
        }

        return handle;
    }

    /// <summary>Counts what passes.</summary>
    private sealed class CountingWriter(IBufferWriter<byte> inner) : IBufferWriter<byte>
    {
        internal int Count { get; private set; }

        public void Advance(int count)
        {
            Count += count;
            inner.Advance(count);
        }

        public Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }
}
