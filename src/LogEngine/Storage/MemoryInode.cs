namespace LogEngine.Storage;

/// <summary>A file of a <see cref="MemoryFileSystem"/>, under whatever name: bytes, locks.</summary>
/// <remarks>
/// <para>
/// Changes of the content are serialized by a lock of the file's own; reads take none. A chunk is
/// filled before it is put into the table, and bytes are there before the length covers them, so a
/// read beside a write of another range sees whole bytes or zeros, never memory of somebody else.
/// </para>
/// <para>
/// Chunks are managed memory: a read that is still in one when the file is cut keeps it alive, and
/// a file without name and handle is gone by itself. They are pinned objects, so that collections
/// never copy them.
/// </para>
/// </remarks>
internal sealed class MemoryInode(FileIdentity identity)
{
    /// <summary>A missing chunk is a hole that reads as zeros.</summary>
    internal const int ChunkBytes = 64 << 10;

    /// <summary>Longest file: chunks are numbered by an int.</summary>
    internal const long MaxBytes = 1L << 46;

    private readonly Lock _changes = new();

    // Both are replaced under _changes only; readers look without it.
    private byte[]?[] _chunks = [];
    private long _length;

    // Names and locks are the file system's: under its gate.
    private ulong _links = 1;
    private int _sharedLocks;

    internal FileIdentity Identity => identity with { Links = Volatile.Read(ref _links) };

    internal bool IsLockedExclusively { get; private set; }

    internal long Length => Volatile.Read(ref _length);

    /// <summary>Bytes of memory that the content takes; holes take none.</summary>
    internal long AllocatedBytes =>
        (long)Volatile.Read(ref _chunks).Count(chunk => chunk is not null) * ChunkBytes;

    /// <summary>The file has lost its only name.</summary>
    internal void Unlinked_NeedsGate() => Volatile.Write(ref _links, 0);

    internal bool TryLock_NeedsGate(LockKind kind)
    {
        bool exclusive = kind == LockKind.Exclusive;
        if (IsLockedExclusively || (exclusive && _sharedLocks > 0))
        {
            return false;
        }

        IsLockedExclusively = exclusive;
        _sharedLocks += exclusive ? 0 : 1;
        return true;
    }

    internal void Unlock_NeedsGate(LockKind kind)
    {
        if (kind == LockKind.Exclusive)
        {
            IsLockedExclusively = false;
        }
        else
        {
            _sharedLocks--;
        }
    }

    internal int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        byte[]?[] chunks = Volatile.Read(ref _chunks);
        for (int done = 0; done < count;)
        {
            (int index, int within) = Place(offset + done);
            int length = Math.Min(count - done, ChunkBytes - within);
            Span<byte> part = buffer.Slice(done, length);

            // Cut in the meantime: as if the read had come later, and the file had grown again.
            byte[]? chunk = index < chunks.Length ? Volatile.Read(ref chunks[index]) : null;
            if (chunk is null)
            {
                part.Clear();
            }
            else
            {
                chunk.AsSpan(within, length).CopyTo(part);
            }

            done += length;
        }

        return count;
    }

    internal void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        long end = offset + bytes.Length;
        lock (_changes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                (int index, int within) = Place(offset + done);
                int length = Math.Min(bytes.Length - done, ChunkBytes - within);
                Put_NeedsLock(index, within, bytes.Slice(done, length));
                done += length;
            }

            if (end > _length)
            {
                Volatile.Write(ref _length, end);
            }
        }
    }

    /// <summary>Cuts, giving memory back, or extends with a hole.</summary>
    internal void SetLength(long length)
    {
        lock (_changes)
        {
            SetLength_NeedsLock(length);
        }
    }

    /// <summary>Extends with a hole to a length, unless the file is longer.</summary>
    internal void Extend(long length)
    {
        lock (_changes)
        {
            if (length > _length)
            {
                SetLength_NeedsLock(length);
            }
        }
    }

    private static (int Index, int Within) Place(long offset) =>
        ((int)(offset / ChunkBytes), (int)(offset % ChunkBytes));

    private void Put_NeedsLock(int index, int within, ReadOnlySpan<byte> bytes)
    {
        byte[]? chunk = index < _chunks.Length ? _chunks[index] : null;
        if (chunk is not null)
        {
            bytes.CopyTo(chunk.AsSpan(within));
        }
        else if (bytes.ContainsAnyExcept((byte)0))
        {
            // Zeros into a hole stay a hole: a file filled with zeros ahead of its use is free.
            chunk = bytes.Length == ChunkBytes
                ? GC.AllocateUninitializedArray<byte>(ChunkBytes, pinned: true)
                : GC.AllocateArray<byte>(ChunkBytes, pinned: true);
            bytes.CopyTo(chunk.AsSpan(within));
            EnsureChunks_NeedsLock(index + 1);
            Volatile.Write(ref _chunks[index], chunk);
        }
    }

    private void SetLength_NeedsLock(long length)
    {
        bool cuts = length < _length;
        Volatile.Write(ref _length, length);
        (int index, int within) = Place(length);
        if (!cuts || index >= _chunks.Length)
        {
            return;
        }

        if (within != 0)
        {
            // What is behind the end must read as zeros when the file grows again.
            _chunks[index]?.AsSpan(within).Clear();
            index++;
        }

        Volatile.Write(ref _chunks, _chunks[..index]);
    }

    private void EnsureChunks_NeedsLock(int count)
    {
        if (count > _chunks.Length)
        {
            // Doubled for files that grow write by write.
            byte[]?[] chunks = new byte[]?[Math.Max(count, _chunks.Length * 2L)];
            _chunks.CopyTo(chunks, 0);
            Volatile.Write(ref _chunks, chunks);
        }
    }
}

/// <summary>A directory of a <see cref="MemoryFileSystem"/>, under whatever path. Under its gate.</summary>
internal sealed class MemoryDirectory(FileIdentity identity)
{
    internal FileIdentity Identity => identity;

    internal Dictionary<string, MemoryInode> Names { get; } = [];
}
