using LogEngine.Testing.Disk;

namespace LogEngine.Testing.Crash;

/// <summary>
/// A disk at a moment, taken apart: what is durable, and the units of which a power loss there
/// keeps
/// any subset.
/// </summary>
internal sealed class CrashUnits
{
    private readonly DiskSnapshot _disk;
    private readonly List<CrashUnit> _units = [];

    private CrashUnits(DiskSnapshot disk) => _disk = disk;

    /// <summary>In program order.</summary>
    internal IReadOnlyList<CrashUnit> Units => _units;

    /// <param name="disk">The moment.</param>
    /// <param name="sectorBytes">What tears: 512 or 4096.</param>
    /// <param name="atomicRename">Whether a rename is kept or dropped as one.</param>
    internal static CrashUnits Of(DiskSnapshot disk, int sectorBytes, bool atomicRename = true)
    {
        CrashUnits units = new(disk);
        foreach (InodeSnapshot inode in disk.Inodes.Values)
        {
            units.AddData(inode, sectorBytes);
        }

        foreach ((string path, DirectorySnapshot directory) in disk.Directories)
        {
            foreach (DirectoryChange change in directory.Pending)
            {
                units.AddNames(path, change, atomicRename);
            }
        }

        units._units.Sort(static (a, b) => a.Order != b.Order
            ? a.Order.CompareTo(b.Order)
            : a.Kind.CompareTo(b.Kind));
        return units;
    }

    /// <summary>The disk with some of the units; with all of them, what the cache shows.</summary>
    /// <param name="keep">Which units, by their place in the list.</param>
    /// <param name="staleBytes">
    /// Blocks that a write has added, and whose bytes are dropped while their length is kept, show
    /// old bytes of the disk instead of zeros.
    /// </param>
    internal CrashImage Build(ReadOnlySpan<bool> keep, bool staleBytes = false)
    {
        Dictionary<ulong, SimContent> changed = [];
        Dictionary<string, Dictionary<string, SimInode>> renamed = [];
        for (int i = 0; i < _units.Count; i++)
        {
            CrashUnit unit = _units[i];
            if (!keep[i])
            {
                continue;
            }

            if (unit.Kind == CrashUnitKind.Name)
            {
                if (!renamed.TryGetValue(unit.Directory!, out Dictionary<string, SimInode>? names))
                {
                    names = new(_disk.Directories[unit.Directory!].Durable);
                    renamed.Add(unit.Directory!, names);
                }

                unit.Name!.ApplyTo(names);
                continue;
            }

            SimContent content = Changed(changed, unit.Inode);
            if (unit.PageIndex >= 0)
            {
                content.SetPage(unit.PageIndex, unit.Page);
            }
            else
            {
                SimInode.Apply(content, unit.Data!);
            }
        }

        if (staleBytes)
        {
            FillStale(keep, changed);
        }

        return Assemble(changed, renamed);
    }

    private CrashImage Assemble(
        Dictionary<ulong, SimContent> changed,
        Dictionary<string, Dictionary<string, SimInode>> renamed)
    {
        Dictionary<string, Dictionary<string, ImageFile>> directories =
            new(_disk.Directories.Count);
        foreach ((string path, DirectorySnapshot directory) in _disk.Directories)
        {
            Dictionary<string, SimInode> names =
                renamed.TryGetValue(path, out Dictionary<string, SimInode>? other)
                    ? other
                    : directory.Durable;
            Dictionary<string, ImageFile> files = new(names.Count);
            foreach ((string name, SimInode inode) in names)
            {
                files.Add(name, new ImageFile(
                    inode.Id,
                    changed.TryGetValue(inode.Id, out SimContent? content)
                        ? content
                        : _disk.Inodes[inode.Id].Durable));
            }

            directories.Add(path, files);
        }

        return new CrashImage(directories);
    }

    private SimContent Changed(Dictionary<ulong, SimContent> changed, ulong inode)
    {
        if (!changed.TryGetValue(inode, out SimContent? content))
        {
            content = _disk.Inodes[inode].Durable.Clone();
            changed.Add(inode, content);
        }

        return content;
    }

    private void FillStale(ReadOnlySpan<bool> keep, Dictionary<ulong, SimContent> changed)
    {
        for (int i = 0; i < _units.Count; i++)
        {
            if (keep[i] || _units[i] is not { Data: WrittenBytes dropped } unit)
            {
                continue;
            }

            SimContent durable = _disk.Inodes[unit.Inode].Durable;
            bool grownByWrite = _disk.Inodes[unit.Inode].Pending.Any(
                c => c is Extended { Allocated: false } e && e.Order == unit.Order);
            if (grownByWrite && dropped.Offset >= durable.Length)
            {
                Changed(changed, unit.Inode).Put(Stale(dropped), dropped.Offset);
            }
        }
    }

    /// <summary>
    /// Old bytes of the disk: those of another file at that place, shifted ones else.
    /// </summary>
    private byte[] Stale(WrittenBytes dropped)
    {
        byte[] bytes = new byte[dropped.Bytes.Length];
        foreach (InodeSnapshot other in _disk.Inodes.Values)
        {
            if (other.Durable.Page(dropped.Offset / SimPage.Size) is { } page)
            {
                page.Bytes.AsSpan(0, Math.Min(bytes.Length, SimPage.Size)).CopyTo(bytes);
                return bytes;
            }
        }

        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(0xA5 ^ (i * 31));
        }

        return bytes;
    }

    private void AddData(InodeSnapshot inode, int sectorBytes)
    {
        foreach (DataChange change in inode.Pending)
        {
            if (change is WrittenBytes write)
            {
                AddSectors(inode, write, sectorBytes);
            }
            else if (ChangesLength(inode, change))
            {
                _units.Add(new CrashUnit(CrashUnitKind.Size, change.Order, inode.Id)
                {
                    Data = change,
                });
            }
        }
    }

    /// <summary>
    /// A length below the durable one changes nothing, unless the file is cut first.
    /// </summary>
    private static bool ChangesLength(InodeSnapshot inode, DataChange change) =>
        change is not Extended extended
        || extended.Length > inode.Durable.Length
        || inode.Pending.Any(c => c is LengthSet && c.Order < change.Order);

    private void AddSectors(InodeSnapshot inode, WrittenBytes write, int sectorBytes)
    {
        bool wholePages = write.Offset % SimPage.Size == 0
            && write.Bytes.Length % SimPage.Size == 0
            && sectorBytes == SimPage.Size;
        for (long at = write.Offset; at < write.End;)
        {
            long end = Math.Min(write.End, (at / sectorBytes * sectorBytes) + sectorBytes);
            ReadOnlyMemory<byte> part =
                write.Bytes.Slice((int)(at - write.Offset), (int)(end - at));
            if (ChangesSomething(inode, write.Order, at, part.Span))
            {
                int number = (int)((at - write.Offset) / SimPage.Size);
                _units.Add(new CrashUnit(CrashUnitKind.Data, write.Order, inode.Id)
                {
                    Data = new WrittenBytes(write.Order, at, part),
                    PageIndex = wholePages ? at / SimPage.Size : -1,
                    Page = wholePages ? write.WholePage(number) : null,
                });
            }

            at = end;
        }
    }

    /// <summary>Zeros over zeros are no unit: keeping and dropping them is the same disk.</summary>
    private static bool ChangesSomething(
        InodeSnapshot inode, long order, long at, ReadOnlySpan<byte> bytes)
    {
        Span<byte> before = stackalloc byte[SimPage.Size];
        before = before[..bytes.Length];
        before.Clear();
        inode.Durable.Read(before, at);
        if (!before.SequenceEqual(bytes))
        {
            return true;
        }

        long end = at + bytes.Length;
        return inode.Pending.Any(c => c.Order < order
            && (c is LengthSet || (c is WrittenBytes w && w.Offset < end && w.End > at)));
    }

    private void AddNames(string directory, DirectoryChange change, bool atomicRename)
    {
        if (!change.IsRename || atomicRename)
        {
            AddName(directory, change);
            return;
        }

        AddName(directory, change with { Added = null, Inode = null });
        AddName(directory, change with { Removed = change.Added, Added = null, Inode = null });
        AddName(directory, change with { Removed = null });
    }

    private void AddName(string directory, DirectoryChange change) =>
        _units.Add(new CrashUnit(CrashUnitKind.Name, change.Order, change.Inode?.Id ?? 0)
        {
            Directory = directory,
            Name = change,
        });
}
