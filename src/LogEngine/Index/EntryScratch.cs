using System.Runtime.InteropServices;

namespace LogEngine.Index;

/// <summary>Entries with their whole keys, taken out of pages that are laid out anew.</summary>
/// <remarks>
/// Has room for two full pages and what comes in, with keys of any length. The memory is only
/// touched as far as it is used.
/// </remarks>
internal sealed unsafe class EntryScratch : IDisposable
{
    internal const int MaxEntries = (3 * IndexLimits.MaxPageEntries) + 1;

    /// <summary>Reading a suffix may write a whole head.</summary>
    private const int KeyRoom = IndexLimits.MaxKeyBytes + Slot.HeadBytes;

    private byte* _keys = (byte*)NativeMemory.Alloc(MaxEntries, KeyRoom);
    private TreeEntry* _entries =
        (TreeEntry*)NativeMemory.Alloc(MaxEntries, (nuint)sizeof(TreeEntry));

    private int _keyBytes;

    ~EntryScratch() => Free();

    internal int Count { get; private set; }

    internal TreeEntry* Entries => _entries;

    internal void Clear()
    {
        Count = 0;
        _keyBytes = 0;
    }

    /// <summary>Adds one whose key stays where it is.</summary>
    internal void Add(in TreeEntry entry)
    {
        IndexInvariant.Require(Count < MaxEntries, "entries that are laid out anew fit");
        _entries[Count++] = entry;
    }

    /// <summary>Adds entries of a page, with copies of their keys.</summary>
    internal void AddFrom(PageArena arena, Page page, int from, int to)
    {
        bool leaf = page.IsLeaf;
        for (int i = from; i < to; i++)
        {
            ushort slot = page.Slots[i];
            TreeEntry entry = default;
            entry.Key = _keys + _keyBytes;
            entry.Length = PageEntries.ReadKey(arena, page, i, entry.Key);
            _keyBytes += entry.Length;
            if (Slot.HasOverflow(slot))
            {
                entry.Overflow = Slot.OverflowPage(page, slot);
            }

            if (leaf)
            {
                (entry.Version, entry.Location, entry.Expires) = PageEntries.ReadValue(page, i);
            }
            else
            {
                entry.Child = page.Children[i];
            }

            Add(entry);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_keys);
        NativeMemory.Free(_entries);
        _keys = null;
        _entries = null;
    }
}
