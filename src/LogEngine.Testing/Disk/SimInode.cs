namespace LogEngine.Testing.Disk;

/// <summary>
/// A file, whatever names lead to it: what is durable, what is pending, what is seen.
/// </summary>
internal sealed class SimInode(ulong id)
{
    private readonly HashSet<long> _allocated = [];
    private List<DataChange> _pending = [];
    private InodeSnapshot? _snapshot;

    internal ulong Id { get; } = id;

    /// <summary>What a read through the cache shows.</summary>
    internal SimContent Cached { get; private set; } = new();

    /// <summary>What a power loss certainly leaves.</summary>
    internal SimContent Durable { get; private set; } = new();

    internal IReadOnlyList<DataChange> Pending => _pending;

    /// <summary>Cached pages are clean but not on disk: a sync failed and dropped them.</summary>
    internal bool HasLostPages { get; private set; }

    internal int AllocatedPages => _allocated.Count;

    /// <summary>Whether anything changed since the last snapshot.</summary>
    internal InodeSnapshot Snapshot() =>
        _snapshot ??= new InodeSnapshot(Id, Durable.Clone(), Cached.Clone(), [.. _pending]);

    /// <summary>A file as a crash left it: all of it durable.</summary>
    internal static SimInode Of(ulong id, SimContent content)
    {
        SimInode inode = new(id) { Durable = content, Cached = content.Clone() };
        for (long i = 0; i * SimPage.Size < content.Length; i++)
        {
            inode._allocated.Add(i);
        }

        return inode;
    }

    /// <summary>Pages of a range that have no space of their own yet.</summary>
    internal int MissingPages(long offset, long length)
    {
        int missing = 0;
        for (long i = offset / SimPage.Size; i * SimPage.Size < offset + length; i++)
        {
            missing += _allocated.Contains(i) ? 0 : 1;
        }

        return missing;
    }

    internal void Reserve(long offset, long length)
    {
        for (long i = offset / SimPage.Size; i * SimPage.Size < offset + length; i++)
        {
            _allocated.Add(i);
        }
    }

    internal int Read(Span<byte> buffer, long offset, bool direct)
    {
        // A direct read writes back what is dirty in its range and then asks the device.
        SimContent seen = direct && HasLostPages ? OnDevice() : Cached;
        return seen.Read(buffer, offset);
    }

    internal void Write(ReadOnlySpan<byte> bytes, long offset, long order)
    {
        _snapshot = null;
        Reserve(offset, bytes.Length);
        Cached.Put(bytes, offset);
        long end = offset + bytes.Length;
        for (long page = (offset / SimPage.Size * SimPage.Size) + SimPage.Size;
            page < end;
            page += SimPage.Size)
        {
            AddLength(page, order, allocated: false);
        }

        AddLength(end, order, allocated: false);
        _pending.Add(new WrittenBytes(order, offset, bytes.ToArray()));
    }

    /// <summary>
    /// A write that is about to be made past the cache: a power loss may leave any part of it.
    /// </summary>
    internal WrittenBytes Announce(ReadOnlySpan<byte> bytes, long offset, long order)
    {
        _snapshot = null;
        WrittenBytes write = new(order, offset, bytes.ToArray());
        _pending.Add(write);
        return write;
    }

    /// <summary>It is being made: from here on it counts as any other write.</summary>
    internal void Begin(WrittenBytes announced)
    {
        _snapshot = null;
        Cached.Put(announced.Bytes.Span, announced.Offset);
    }

    /// <summary>
    /// Makes exactly a range durable, with the length it needs; nothing else that was written.
    /// </summary>
    internal void SyncRange(long offset, int length)
    {
        _snapshot = null;
        long end = offset + length;
        bool lengthNeeded = end > Durable.Length
            || _pending.Exists(c => c is LengthSet cut && cut.Length < end);
        List<DataChange> left = [];
        foreach (DataChange change in _pending)
        {
            if (change is not WrittenBytes write)
            {
                if (lengthNeeded)
                {
                    Apply(Durable, change);
                }
                else
                {
                    left.Add(change);
                }
            }
            else if (write.Offset < end && write.End > offset)
            {
                AddOutside(left, write, offset, end);
            }
            else
            {
                left.Add(change);
            }
        }

        byte[] bytes = new byte[length];
        Cached.Read(bytes, offset);
        Durable.Put(bytes, offset);
        _pending = left;
    }

    internal void SyncAll()
    {
        _snapshot = null;
        foreach (DataChange change in _pending)
        {
            Apply(Durable, change);
        }

        _pending = [];
    }

    /// <summary>
    /// A sync failed: the dirty pages count as clean from now on and are on no disk.
    /// </summary>
    internal void LosePending()
    {
        _snapshot = null;
        HasLostPages |= _pending.Exists(c => c is WrittenBytes);
        _pending = [.. _pending.Where(c => c is not WrittenBytes)];
    }

    internal void Grow(long length, long order)
    {
        _snapshot = null;
        AddLength(length, order, allocated: true);
    }

    internal void SetLength(long length, long order)
    {
        _snapshot = null;
        _pending.Add(new LengthSet(order, length));
        Cached.SetLength(length);
        _allocated.RemoveWhere(i => i * SimPage.Size >= length);
    }

    /// <summary>Forgets clean pages: the next read shows what the device has.</summary>
    internal void DropCache()
    {
        if (HasLostPages)
        {
            Cached = OnDevice();
            HasLostPages = false;
            _snapshot = null;
        }
    }

    /// <summary>Changes durable bytes behind everybody's back: rot.</summary>
    internal void Corrupt(long offset, ReadOnlySpan<byte> bytes)
    {
        _snapshot = null;
        Durable.Put(bytes, offset);
        Cached.Put(bytes, offset);
    }

    internal static void Apply(SimContent content, DataChange change)
    {
        switch (change)
        {
            case WrittenBytes write:
                content.Put(write.Bytes.Span, write.Offset);
                break;
            case Extended extended:
                content.Extend(extended.Length);
                break;
            case LengthSet set:
                content.SetLength(set.Length);
                break;
        }
    }

    /// <summary>
    /// A length that the disk does not have yet may reach it, even where the file is longer
    /// already: ext4 was seen to keep the length of an allocation and to lose that of a write before
    /// it. The
    /// pages of one write reach it one by one, each with the length up to its end.
    /// </summary>
    private void AddLength(long length, long order, bool allocated)
    {
        if (length > Math.Min(Durable.Length, Cached.Length))
        {
            _pending.Add(new Extended(order, length, allocated));
            Cached.Extend(length);
        }
    }

    private static void AddOutside(
        List<DataChange> left, WrittenBytes write, long start, long end)
    {
        if (write.Offset < start)
        {
            left.Add(write with { Bytes = write.Bytes[..(int)(start - write.Offset)] });
        }

        if (write.End > end)
        {
            left.Add(write with
            {
                Offset = end,
                Bytes = write.Bytes[(int)(end - write.Offset)..],
            });
        }
    }

    private SimContent OnDevice()
    {
        SimContent content = Durable.Clone();
        foreach (DataChange change in _pending)
        {
            Apply(content, change);
        }

        return content;
    }
}
