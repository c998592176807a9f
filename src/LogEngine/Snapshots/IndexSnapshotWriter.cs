using System.Text;
using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Storage;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Snapshots;

/// <summary>Writes a root of the index to a file, piece by piece.</summary>
/// <remarks>
/// Not thread-safe. It is synced every few pieces: a single sync of all would keep the disk from the
/// log for as long as it takes. Until the commit the file is a temporary one.
/// </remarks>
internal sealed class IndexSnapshotWriter : IDisposable
{
    /// <summary>Bytes of a piece: less than a millisecond of a core.</summary>
    private const int PieceBytes = 128 << 10;

    /// <summary>Bytes of a sync: as much as a disk writes in the time of a few commits.</summary>
    private const int SyncBytes = 512 << 10;
    private const int BufferBytes = 64 << 10;

    private readonly SnapshotStaging _staging;
    private readonly IndexCursor _cursor;
    private readonly long _expected;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly byte[] _previous = new byte[IndexKey.MaxSize];
    private int _previousLength;
    private int _used;
    private long _count;
    private long _synced;

    private IndexSnapshotWriter(SnapshotStaging staging, PinnedRoot root)
    {
        _staging = staging;
        _cursor = root.Seek([], []);
        _expected = root.Count;
    }

    /// <summary>Salt of the file.</summary>
    internal ulong Salt => _staging.Salt;

    /// <summary>Bytes of payload written so far.</summary>
    internal long Bytes { get; private set; }

    /// <summary>
    /// Begins to write a pinned root. The log must be durable up to its sequence before, or a power
    /// loss could leave a snapshot of what the log does not have.
    /// </summary>
    internal static IndexSnapshotWriter Begin(
        IFileSystem files, string path, Guid storeId, PinnedRoot root, SegmentSlots slots)
    {
        SnapshotStaging staging = SnapshotStaging.Create(
            files, path, root.Sequence, IndexSnapshotFormat.Version);
        IndexSnapshotWriter writer = new(staging, root);
        try
        {
            writer.Bytes = WriteHead(staging, storeId, (RootFacts)root.Tag!, root.Count, slots);
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Writes the next piece; false behind the last one.</summary>
    internal bool WritePiece(CancellationToken cancellationToken)
    {
        long end = Bytes + PieceBytes;
        while (_cursor.MoveNext())
        {
            ReadOnlySpan<byte> key = _cursor.Key;
            if (BufferBytes - _used < IndexSnapshotFormat.EntryHeadSize + key.Length
                + IndexSnapshotFormat.EntryTailSize + IndexSnapshotFormat.ExpirySize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                WriteBuffer();
            }

            int shared = Math.Min(
                _previous.AsSpan(0, _previousLength).CommonPrefixLength(key),
                IndexSnapshotFormat.MaxShared);
            _used += WriteEntry(_buffer.AsSpan(_used), key, shared, _cursor.Value);
            key[shared..].CopyTo(_previous.AsSpan(shared));
            _previousLength = key.Length;
            _count++;
            if (Bytes >= end)
            {
                SyncIfMuch();
                return true;
            }
        }

        WriteBuffer();
        return false;
    }

    /// <summary>Makes it durable under its name.</summary>
    internal void Commit()
    {
        if (_count != _expected)
        {
            throw new InvalidOperationException(
                $"Invariant broken: a root of {_expected} keys has {_count}.");
        }

        _staging.Commit();
    }

    /// <summary>Abandons it unless it was committed.</summary>
    public void Dispose() => _staging.Dispose();

    private void SyncIfMuch()
    {
        if (Bytes - _synced >= SyncBytes)
        {
            _staging.SyncWritten();
            _synced = Bytes;
        }
    }

    private void WriteBuffer()
    {
        _staging.Write(_buffer.AsSpan(0, _used));
        Bytes += _used;
        _used = 0;
    }

    private static long WriteHead(
        SnapshotStaging staging, Guid storeId, RootFacts facts, long entries, SegmentSlots slots)
    {
        // Later than the root: so every segment that the root points into is among them.
        IReadOnlyList<SegmentSlot> segments = slots.All;
        byte[] head = new byte[
            IndexSnapshotFormat.HeaderSize + (segments.Count * IndexSnapshotFormat.SegmentSize)];
        storeId.TryWriteBytes(head, bigEndian: true, out _);
        WriteInt64LittleEndian(head.AsSpan(16), entries);
        WriteInt32LittleEndian(head.AsSpan(24), segments.Count);
        WriteInt32LittleEndian(head.AsSpan(28), facts.Keyspaces.Count);
        WriteUInt32LittleEndian(head.AsSpan(32), facts.Keyspaces.NextId);
        for (int i = 0; i < segments.Count; i++)
        {
            Span<byte> to = head.AsSpan(
                IndexSnapshotFormat.HeaderSize + (i * IndexSnapshotFormat.SegmentSize));
            WriteUInt64LittleEndian(to, segments[i].Segment.Header.SegmentId);
            WriteUInt64LittleEndian(to[8..], segments[i].Segment.Header.Salt);
            WriteInt32LittleEndian(to[16..], segments[i].Number);
        }

        staging.Write(head);
        long written = head.Length;
        byte[] one = new byte[IndexSnapshotFormat.KeyspaceSize + FormatLimits.MaxNameBytes];
        foreach ((uint id, string name) in facts.Keyspaces.Keyspaces)
        {
            int length = Encoding.UTF8.GetBytes(name, one.AsSpan(IndexSnapshotFormat.KeyspaceSize));
            WriteUInt32LittleEndian(one, id);
            WriteInt32LittleEndian(one.AsSpan(4), length);
            WriteInt64LittleEndian(one.AsSpan(8), facts.Counts[id]);
            length += IndexSnapshotFormat.KeyspaceSize;
            staging.Write(one.AsSpan(0, length));
            written += length;
        }

        return written;
    }

    private static int WriteEntry(
        Span<byte> to, ReadOnlySpan<byte> key, int shared, in IndexValue value)
    {
        int rest = key.Length - shared;
        to[0] = (byte)shared;
        to[1] = value.ExpiresTicks == 0 ? (byte)0 : IndexSnapshotFormat.HasExpiry;
        WriteUInt16LittleEndian(to[2..], (ushort)rest);
        key[shared..].CopyTo(to[IndexSnapshotFormat.EntryHeadSize..]);
        int at = IndexSnapshotFormat.EntryHeadSize + rest;
        WriteInt64LittleEndian(to[at..], value.Version);
        WriteUInt64LittleEndian(to[(at + 8)..], value.Location);
        at += IndexSnapshotFormat.EntryTailSize;
        if (value.ExpiresTicks != 0)
        {
            WriteInt64LittleEndian(to[at..], value.ExpiresTicks);
            at += IndexSnapshotFormat.ExpirySize;
        }

        return at;
    }
}
