using System.Runtime.CompilerServices;
using System.Text;
using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Log;
using LogEngine.Storage;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Snapshots;

/// <summary>Loads a snapshot into an empty index. Every byte is verified before it is used.</summary>
internal sealed class IndexSnapshotReader : IDisposable
{
    private const int BufferBytes = 256 << 10;

    /// <summary>A record that holds an operation has this many bytes at least.</summary>
    private const int MinRecordBytes = RecordHeader.Size + OperationCodec.HeadSize;

    private readonly SnapshotSource _source;
    private readonly string _path;
    private readonly byte[] _buffer;
    private int _at;
    private int _end;

    private IndexSnapshotReader(SnapshotSource source, string path)
    {
        _source = source;
        _path = path;
        _buffer = GC.AllocateUninitializedArray<byte>(
            (int)Math.Min(BufferBytes, source.Header.PayloadLength));
    }

    /// <summary>Loads all of a file, or throws; then the state must be thrown away.</summary>
    /// <param name="place">The file, and what it must be.</param>
    /// <param name="segments">Segments that it may point at, by their ids.</param>
    /// <param name="into">An empty state.</param>
    /// <param name="order">Whether keys out of order are mended, and whether there were any.</param>
    /// <returns>The sequence that it stands for.</returns>
    /// <exception cref="StorageNotFoundException">No such file.</exception>
    /// <exception cref="CorruptionException">Damaged, or it says what no writer says.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    internal static long Load(
        SnapshotPlace place,
        IReadOnlyDictionary<ulong, Segment> segments,
        CommittedIndex into,
        SnapshotOrder order)
    {
        using IndexSnapshotReader reader = new(place.Open(), place.Path);
        long sequence = reader._source.Header.LogSequence;
        reader.LoadAll(place.StoreId, sequence, segments, into, order);
        return sequence;
    }

    public void Dispose() => _source.Dispose();

    private void LoadAll(
        Guid storeId,
        long sequence,
        IReadOnlyDictionary<ulong, Segment> segments,
        CommittedIndex into,
        SnapshotOrder order)
    {
        ReadOnlySpan<byte> head = Take(IndexSnapshotFormat.HeaderSize);
        if (new Guid(head[..16], bigEndian: true) != storeId)
        {
            throw Damage("it is another store's");
        }

        long entries = ReadInt64LittleEndian(head[16..]);
        int segmentCount = ReadInt32LittleEndian(head[24..]);
        int keyspaceCount = ReadInt32LittleEndian(head[28..]);
        if (entries < 0 || segmentCount < 0 || keyspaceCount < 0)
        {
            throw Damage($"{entries} keys, {segmentCount} segments, {keyspaceCount} keyspaces");
        }

        uint nextId = ReadUInt32LittleEndian(head[32..]);
        int[] slots = LoadSegments(segmentCount, segments, into.Slots);
        KeyspaceCounter counter = new(Damage);
        PendingKeyspaces keyspaces = LoadKeyspaces(keyspaceCount, nextId, counter);
        using (SnapshotEntries taken = new(into, order, keyspaces))
        {
            LoadEntries(entries, sequence, slots, into, counter, taken);
            counter.Finish();
            taken.Complete();
        }

        if (_at != _end || _source.Read(_buffer) != 0)
        {
            throw Damage("bytes follow the last entry");
        }

        into.Restore(keyspaces, sequence);
    }

    /// <summary>The present slot of each slot that the snapshot was written with; -1 for none.</summary>
    private int[] LoadSegments(
        int count, IReadOnlyDictionary<ulong, Segment> segments, SegmentSlots into)
    {
        int[] slots = [];
        bool salted = _source.Header.ContentVersion > 1;
        HashSet<ulong> known = [];
        HashSet<int> taken = [];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> one = Take(
                salted ? IndexSnapshotFormat.SegmentSize : IndexSnapshotFormat.FirstSegmentSize);
            ulong id = ReadUInt64LittleEndian(one);
            ulong salt = salted ? ReadUInt64LittleEndian(one[8..]) : 0;
            int slot = ReadInt32LittleEndian(one[(salted ? 16 : 8)..]);
            if ((uint)slot >= Location.MaxSlots
                || id is 0 or > FormatLimits.MaxNumber
                || !known.Add(id)
                || !taken.Add(slot))
            {
                throw Damage($"segment {id} in slot {slot}");
            }

            if (slot >= slots.Length)
            {
                int had = slots.Length;
                Array.Resize(ref slots, Math.Max(slot + 1, had * 2));
                slots.AsSpan(had).Fill(-1);
            }

            // One that has been freed since is listed, and nothing points at it.
            slots[slot] = -1;
            if (segments.TryGetValue(id, out Segment? segment))
            {
                // Of one that was only made up, for what points into it, the salt is not known.
                if (salted && segment.Header.Salt != salt && segment.Header.Salt != 0)
                {
                    throw Damage(
                        $"it points into segment {id} with salt {salt:x16}; the one that is here has "
                        + $"salt {segment.Header.Salt:x16}: one of them is from a copy of this store");
                }

                slots[slot] = into.Of(segment).Number;
            }
        }

        return slots;
    }

    private PendingKeyspaces LoadKeyspaces(
        int count, uint nextId, KeyspaceCounter counter)
    {
        PendingKeyspaces keyspaces = new();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> one = Take(IndexSnapshotFormat.KeyspaceSize);
            uint id = ReadUInt32LittleEndian(one);
            int length = ReadInt32LittleEndian(one[4..]);
            long keys = ReadInt64LittleEndian(one[8..]);
            if ((uint)length > FormatLimits.MaxNameBytes || id >= nextId)
            {
                throw Damage($"keyspace {id} with a name of {length} bytes");
            }

            string name = Encoding.UTF8.GetString(Take(length));
            if (keys < 0 || !keyspaces.TryAdd(id, name))
            {
                throw Damage($"keyspace {id} '{name}' is there twice, or has {keys} keys");
            }

            keyspaces.Count(id, keys);
            counter.Expect(id, keys);
        }

        keyspaces.SkipIdsBelow(nextId);
        return keyspaces;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void LoadEntries(
        long count,
        long sequence,
        int[] slots,
        CommittedIndex into,
        KeyspaceCounter counter,
        SnapshotEntries taken)
    {
        byte[] key = new byte[IndexKey.MaxSize];
        int keyLength = 0;
        for (long i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> head = Take(IndexSnapshotFormat.EntryHeadSize);
            int shared = head[0];
            bool hasExpiry = head[1] == IndexSnapshotFormat.HasExpiry;
            int rest = ReadUInt16LittleEndian(head[2..]);
            int tail = IndexSnapshotFormat.EntryTailSize
                + (hasExpiry ? IndexSnapshotFormat.ExpirySize : 0);
            if (shared > keyLength || shared + rest > key.Length
                || shared + rest < IndexKey.PrefixSize
                || (head[1] & ~IndexSnapshotFormat.HasExpiry) != 0)
            {
                throw Damage($"entry {i} shares {shared} bytes and adds {rest}");
            }

            ReadOnlySpan<byte> body = Take(rest + tail);
            body[..rest].CopyTo(key.AsSpan(shared));
            keyLength = shared + rest;
            counter.Count(key.AsSpan(0, keyLength), i);
            long version = ReadInt64LittleEndian(body[rest..]);
            Location old = new(ReadUInt64LittleEndian(body[(rest + 8)..]));
            long expires = hasExpiry ? ReadInt64LittleEndian(body[(rest + 16)..]) : 0;
            if (version < 1 || version > sequence)
            {
                throw Damage($"entry {i} of version {version}, the snapshot is of {sequence}");
            }

            if (hasExpiry)
            {
                if (!OperationCheck.IsExpiry(expires))
                {
                    throw Damage($"entry {i} expires at {expires}");
                }

                into.NoteExpiry(expires);
            }

            IndexValue value = new(version, Place(old, slots, into.Slots).Word, expires);
            if (!taken.TryAdd(key.AsSpan(0, keyLength), in value))
            {
                throw Damage($"entry {i} is not above the one before it");
            }
        }
    }

    private Location Place(Location old, int[] slots, SegmentSlots present)
    {
        if (old.IsChunkSet)
        {
            return old.ChunkSet > 0 ? old : throw Damage("it points at no value");
        }

        if (old.PaddedLength < MinRecordBytes || old.Offset < FormatLimits.MinAlignment)
        {
            throw Damage($"it points at {old.PaddedLength} bytes at offset {old.Offset}");
        }

        int slot = old.Slot < slots.Length ? slots[old.Slot] : -1;
        if (slot < 0)
        {
            throw Damage($"it points into slot {old.Slot}, whose segment is missing");
        }

        present.At(slot)!.Add(old.PaddedLength);
        return new Location(slot, old.Offset, old.PaddedLength);
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_end - _at < length)
        {
            Refill(length);
        }

        ReadOnlySpan<byte> taken = _buffer.AsSpan(_at, length);
        _at += length;
        return taken;
    }

    private void Refill(int atLeast)
    {
        _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
        _end -= _at;
        _at = 0;
        while (_end < atLeast)
        {
            int read = _source.Read(_buffer.AsSpan(_end));
            if (read == 0)
            {
                throw Damage("it ends within an entry");
            }

            _end += read;
        }
    }

    /// <summary>The block that the bytes at hand came from begins there, or one before it.</summary>
    private CorruptionException Damage(string reason) =>
        new(_path, _source.BlockOffset, $"index snapshot: {reason}");
}
