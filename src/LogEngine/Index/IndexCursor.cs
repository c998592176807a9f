using System.Buffers.Binary;

namespace LogEngine.Index;

/// <summary>Goes through a range of a pinned state, entry by entry, in one direction.</summary>
/// <remarks>
/// For one thread at a time. It copies a leaf at a time and reads the copy, so between calls it
/// holds nothing but the pin: it may be kept across awaits, and once the pin is disposed it throws
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
internal sealed unsafe class IndexCursor
{
    /// <summary>A search may look at a few heads too many.</summary>
    private const int SlackBytes = 64;

    /// <summary>What a whole page of a leaf to come is.</summary>
    private const int PrefetchLines = Page.Size / 64;

    private const int FirstKeyBytes = 64;

    private PinnedRoot _pin;

    // The bounds, in memory that is used again.
    private byte[] _from = [];
    private byte[] _to = [];
    private int _fromLength;
    private int _toLength;
    private bool _backward;
    private readonly byte[] _leaf = new byte[Page.Size + SlackBytes];

    /// <summary>
    /// Begins with the leaf's prefix; a suffix is written whole heads at a time. As long as the longest
    /// key so far needs: most are short.
    /// </summary>
    private byte[] _key = new byte[FirstKeyBytes];
    private int _keyLength;
    private int _prefixLength;
    private IndexValue _value;

    /// <summary>The branches above the leaf, by level, and the child that was taken.</summary>
    private uint[] _pages = [];
    private int[] _children = [];
    private bool _started;

    /// <summary>
    /// Entries of the leaf that are still to come: [next, end), from either side.
    /// </summary>
    private int _next;
    private int _end;

    /// <summary>Nothing of the range is behind this leaf.</summary>
    private bool _last;

    internal IndexCursor(
        PinnedRoot pin, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool backward)
    {
        _pin = pin;
        Reset(pin, from, to, backward);
    }

    /// <summary>
    /// Begins anew with another range, for one who keeps a cursor that nobody else has seen.
    /// </summary>
    /// <param name="pin">What it reads.</param>
    /// <param name="from">First key; empty = from the beginning.</param>
    /// <param name="to">First key behind the range; empty = to the end.</param>
    /// <param name="backward">Whether it starts behind the last entry and goes down.</param>
    internal void Reset(
        PinnedRoot pin, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool backward)
    {
        _pin = pin;
        _fromLength = Keep(from, ref _from);
        _toLength = Keep(to, ref _to);
        _backward = backward;
        _last = !to.IsEmpty && from.SequenceCompareTo(to) >= 0;
        _started = _last;
        _next = 0;
        _end = 0;
        _keyLength = 0;
        _value = default;
    }

    /// <summary>Lets go of what it read; only <see cref="Reset"/> makes it useful again.</summary>
    internal void Forget() => Reset(null!, [], [], backward: false);

    private ReadOnlySpan<byte> From => _from.AsSpan(0, _fromLength);

    private ReadOnlySpan<byte> To => _to.AsSpan(0, _toLength);

    /// <summary>The entry's key; valid until the next move.</summary>
    internal ReadOnlySpan<byte> Key => new(_key, 0, _keyLength);

    internal IndexValue Value => _value;

    /// <summary>
    /// Goes to the next entry if it is in the leaf that is at hand; false where another must be
    /// looked at, or there is none.
    /// </summary>
    internal bool TryMoveInLeaf()
    {
        ObjectDisposedException.ThrowIf(_pin.IsDisposed, _pin);
        if (_next == _end)
        {
            return false;
        }

        Read(_backward ? --_end : _next++);
        return true;
    }

    /// <summary>Locations of the entries that come next, those in the leaf at hand.</summary>
    /// <returns>How many, as many as there is room for.</returns>
    internal int PeekLocations(Span<ulong> into)
    {
        int count = Math.Min(_end - _next, into.Length);
        fixed (byte* start = _leaf)
        {
            for (int i = 0; i < count; i++)
            {
                int at = _backward ? _end - 1 - i : _next + i;
                into[i] = PageEntries.ReadValue(new Page(start), at).Location;
            }
        }

        return count;
    }

    /// <summary>Goes to the next entry of the range.</summary>
    /// <returns>False: there is none.</returns>
    internal bool MoveNext()
    {
        while (!TryMoveInLeaf())
        {
            if (_last)
            {
                _keyLength = 0;
                _value = default;
                return false;
            }

            LoadLeaf();
        }

        return true;
    }

    private void Read(int at)
    {
        fixed (byte* start = _leaf)
        {
            Page leaf = new(start);
            ushort slot = leaf.Slots[at];
            if (Slot.IsInline(slot))
            {
                BinaryPrimitives.WriteUInt64BigEndian(
                    _key.AsSpan(_prefixLength), leaf.Heads[at]);
                _keyLength = _prefixLength + slot;
            }
            else
            {
                ReadLong(leaf, at, slot);
            }

            _value = PageEntries.ReadValue(leaf, at);
        }
    }

    private void ReadLong(Page leaf, int at, ushort slot)
    {
        NeedKey(Slot.HasOverflow(slot)
            ? IndexLimits.MaxKeyBytes
            : _prefixLength + Slot.SuffixLength(leaf, slot));
        fixed (byte* key = _key)
        {
            if (!Slot.HasOverflow(slot))
            {
                _keyLength =
                    _prefixLength + PageEntries.ReadSuffix(leaf, at, slot, key + _prefixLength);
                return;
            }

            int entered = _pin.Enter();
            try
            {
                _keyLength = OverflowKey.Load(_pin.Arena, Slot.OverflowPage(leaf, slot), key);
            }
            finally
            {
                _pin.Exit(entered);
            }
        }
    }

    /// <summary>Makes room for a key of that many bytes, and the rest of a head behind it.</summary>
    private void NeedKey(int bytes)
    {
        if (_key.Length < bytes + Slot.HeadBytes)
        {
            Array.Resize(ref _key, Math.Max(bytes + Slot.HeadBytes, 2 * _key.Length));
        }
    }

    private void LoadLeaf()
    {
        int entered = _pin.Enter();
        try
        {
            Page leaf = _started ? NextLeaf() : FirstLeaf();
            if (leaf.Start is not null)
            {
                Take(leaf);
            }
        }
        finally
        {
            _pin.Exit(entered);
        }
    }

    /// <summary>The leaf that the range begins with.</summary>
    private Page FirstLeaf()
    {
        _started = true;
        if (_pin.PageId == 0)
        {
            _last = true;
            return default;
        }

        PageArena arena = _pin.Arena;
        Page page = arena[_pin.PageId];
        if (_pages.Length != page.Level + 1)
        {
            _pages = new uint[page.Level + 1];
            _children = new int[page.Level + 1];
        }

        ReadOnlySpan<byte> bound = _backward ? To : From;
        uint id = _pin.PageId;
        fixed (byte* key = bound)
        {
            while (!page.IsLeaf)
            {
                TreeReader.RequireBranch(page);
                int child = bound.Length > 0
                    ? PageSearch.FindChild(arena, page, key, bound.Length)
                    : _backward ? page.Count : 0;
                _pages[page.Level] = id;
                _children[page.Level] = child;
                id = page.Child(child);
                page = arena[id];
            }
        }

        return page;
    }

    /// <summary>The neighbour of the last leaf, in the direction of the cursor.</summary>
    private Page NextLeaf()
    {
        PageArena arena = _pin.Arena;
        for (int level = 1; level < _pages.Length; level++)
        {
            Page branch = arena[_pages[level]];
            int child = _children[level] + (_backward ? -1 : 1);
            if (child >= 0 && child <= branch.Count)
            {
                _children[level] = child;
                return EdgeLeaf(arena, branch, child);
            }
        }

        _last = true;
        return default;
    }

    /// <summary>The first leaf below a branch's child, or the last one.</summary>
    private Page EdgeLeaf(PageArena arena, Page branch, int child)
    {
        PrefetchNeighbour(arena, branch, child);
        uint id = branch.Child(child);
        Page page = arena[id];
        while (!page.IsLeaf)
        {
            TreeReader.RequireBranch(page);
            int edge = _backward ? page.Count : 0;
            _pages[page.Level] = id;
            _children[page.Level] = edge;
            id = page.Child(edge);
            page = arena[id];
        }

        return page;
    }

    private void PrefetchNeighbour(PageArena arena, Page branch, int child)
    {
        int neighbour = child + (_backward ? -1 : 1);
        if (branch.Level == 1 && neighbour >= 0 && neighbour <= branch.Count)
        {
            arena[branch.Child(neighbour)].Prefetch(PrefetchLines);
        }
    }

    /// <summary>Copies a leaf and finds out what part of it is in the range.</summary>
    private void Take(Page leaf)
    {
        new ReadOnlySpan<byte>(leaf.Start, Page.Size).CopyTo(_leaf);
        _prefixLength = leaf.PrefixLength;
        NeedKey(_prefixLength + Slot.HeadBytes);
        new ReadOnlySpan<byte>(leaf.Prefix, _prefixLength).CopyTo(_key);
        int count = leaf.Count;
        _next = _fromLength == 0 ? 0 : CountBelow(leaf, From);
        _end = _toLength == 0 ? count : CountBelow(leaf, To);
        _last |= _backward ? _next > 0 : _end < count;
    }

    private static int Keep(ReadOnlySpan<byte> bound, ref byte[] memory)
    {
        if (memory.Length < bound.Length)
        {
            memory = new byte[bound.Length];
        }

        bound.CopyTo(memory);
        return bound.Length;
    }

    private int CountBelow(Page leaf, ReadOnlySpan<byte> bound)
    {
        fixed (byte* key = bound)
        {
            return PageSearch.Find(_pin.Arena, leaf, key, bound.Length, out _);
        }
    }
}
