using System.Runtime.InteropServices;

namespace LogEngine.Index;

/// <summary>Entries with their whole keys, on their way from page to page.</summary>
/// <remarks>
/// <para>
/// The keys are its own copies, always: no entry in it points to memory that somebody else may fill
/// anew. What goes into it may lie anywhere, and what lies in it stays until it is cleared.
/// </para>
/// <para>
/// Has room for two full pages and what comes in, with keys of any length. The memory is only
/// touched as far as it is used.
/// </para>
/// </remarks>
internal sealed unsafe class EntryScratch(bool poison) : IDisposable
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

    /// <summary>
    /// Forgets all entries; with poisoning their keys are overwritten, so that one who still uses
    /// them is found out.
    /// </summary>
    internal void Clear()
    {
        if (poison)
        {
            new Span<byte>(_keys, _keyBytes).Fill(PageArena.Poison);
            new Span<TreeEntry>(_entries, Count).Clear();
        }

        Count = 0;
        _keyBytes = 0;
    }

    /// <summary>Adds one, with a copy of its key.</summary>
    internal void Add(in TreeEntry entry)
    {
        byte* key = _keys + _keyBytes;
        Buffer.MemoryCopy(entry.Key, key, IndexLimits.MaxKeyBytes, entry.Length);
        Take(in entry, key);
    }

    /// <summary>Adds entries of a page, with copies of their keys.</summary>
    internal void AddFrom(PageArena arena, Page page, int from, int to)
    {
        bool leaf = page.IsLeaf;
        for (int i = from; i < to; i++)
        {
            ushort slot = page.Slots[i];
            TreeEntry entry = default;
            byte* key = _keys + _keyBytes;
            entry.Length = PageEntries.ReadKey(arena, page, i, key);
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

            Take(in entry, key);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes an entry whose key was written behind the last one's.</summary>
    private void Take(in TreeEntry entry, byte* key)
    {
        IndexInvariant.Require(Count < MaxEntries, "entries that are laid out anew fit");
        ref TreeEntry taken = ref _entries[Count++];
        taken = entry;
        taken.Key = key;
        _keyBytes += entry.Length;
    }

    private void Free()
    {
        NativeMemory.Free(_keys);
        NativeMemory.Free(_entries);
        _keys = null;
        _entries = null;
    }
}
