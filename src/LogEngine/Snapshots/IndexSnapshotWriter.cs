using System.Text;
using LogEngine.Engine;
using LogEngine.Index;
using LogEngine.Storage;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Snapshots;

/// <summary>Writes a root of the index to a file.</summary>
internal static class IndexSnapshotWriter
{
    private const int BufferBytes = 64 << 10;

    /// <summary>
    /// Writes a pinned root, durable on return; gives the bytes of its payload. The log must be
    /// durable up to the root's sequence before, or a power loss could leave a snapshot of what the
    /// log does not have.
    /// </summary>
    internal static long Write(
        IFileSystem files,
        string path,
        Guid storeId,
        PinnedRoot root,
        SegmentSlots slots,
        CancellationToken cancellationToken)
    {
        using SnapshotStaging staging = SnapshotStaging.Create(
            files, path, root.Sequence, IndexSnapshotFormat.Version);
        RootFacts facts = (RootFacts)root.Tag!;
        IndexCursor cursor = root.Seek([], []);
        long written = WriteHead(staging, storeId, facts, root.Count, slots);
        written += WriteEntries(staging, cursor, root.Count, cancellationToken);
        staging.Commit();
        return written;
    }

    private static long WriteHead(
        SnapshotStaging staging, Guid storeId, RootFacts facts, long entries, SegmentSlots slots)
    {
        // Later than the root: so every segment that the root points into is among them.
        IReadOnlyList<SegmentSlot> segments = slots.All;
        IReadOnlyList<(uint Id, string Name)> keyspaces = facts.Keyspaces.Keyspaces;
        byte[] head = new byte[
            IndexSnapshotFormat.HeaderSize + (segments.Count * IndexSnapshotFormat.SegmentSize)];
        storeId.TryWriteBytes(head, bigEndian: true, out _);
        WriteInt64LittleEndian(head.AsSpan(16), entries);
        WriteInt32LittleEndian(head.AsSpan(24), segments.Count);
        WriteInt32LittleEndian(head.AsSpan(28), keyspaces.Count);
        WriteUInt32LittleEndian(head.AsSpan(32), facts.Keyspaces.NextId);
        for (int i = 0; i < segments.Count; i++)
        {
            Span<byte> to = head.AsSpan(
                IndexSnapshotFormat.HeaderSize + (i * IndexSnapshotFormat.SegmentSize));
            WriteUInt64LittleEndian(to, segments[i].Segment.Header.SegmentId);
            WriteInt32LittleEndian(to[8..], segments[i].Number);
        }

        staging.Write(head);
        long written = head.Length;
        for (int i = 0; i < keyspaces.Count; i++)
        {
            byte[] name = Encoding.UTF8.GetBytes(keyspaces[i].Name);
            byte[] one = new byte[IndexSnapshotFormat.KeyspaceSize + name.Length];
            WriteUInt32LittleEndian(one, keyspaces[i].Id);
            WriteInt32LittleEndian(one.AsSpan(4), name.Length);
            WriteInt64LittleEndian(one.AsSpan(8), facts.Counts[i]);
            name.CopyTo(one.AsSpan(IndexSnapshotFormat.KeyspaceSize));
            staging.Write(one);
            written += one.Length;
        }

        return written;
    }

    private static long WriteEntries(
        SnapshotStaging staging,
        IndexCursor cursor,
        long expected,
        CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        byte[] previous = new byte[IndexKey.MaxSize];
        int previousLength = 0;
        int used = 0;
        long count = 0;
        long written = 0;
        while (cursor.MoveNext())
        {
            ReadOnlySpan<byte> key = cursor.Key;
            if (BufferBytes - used < IndexSnapshotFormat.EntryHeadSize + key.Length
                + IndexSnapshotFormat.EntryTailSize + IndexSnapshotFormat.ExpirySize)
            {
                cancellationToken.ThrowIfCancellationRequested();
                staging.Write(buffer.AsSpan(0, used));
                written += used;
                used = 0;
            }

            int shared = Math.Min(
                previous.AsSpan(0, previousLength).CommonPrefixLength(key),
                IndexSnapshotFormat.MaxShared);
            used += WriteEntry(buffer.AsSpan(used), key, shared, cursor.Value);
            key[shared..].CopyTo(previous.AsSpan(shared));
            previousLength = key.Length;
            count++;
        }

        staging.Write(buffer.AsSpan(0, used));
        return count == expected
            ? written + used
            : throw new InvalidOperationException(
                $"Invariant broken: a root of {expected} keys has {count}.");
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
