using System.Runtime.Intrinsics.X86;

namespace LogEngine.Index;

/// <summary>The pinned generations and the retired pages that each of them holds back.</summary>
/// <remarks>
/// Any thread adds and releases, under a lock that is held for an append to a list. All else is
/// the writer's. A page that several pins need waits in the list of one of them, drawn at random:
/// whatever order pins are released in, a page is then handed on about ln(pins) times and not once
/// for each of them.
/// </remarks>
internal sealed class PinTable(PageArena arena, ReaderSlots slots)
{
    private readonly Lock _gate = new();

    /// <summary>Guarded by the gate: what happened since the writer last looked.</summary>
    private readonly List<long> _added = [];
    private readonly List<long> _released = [];

    /// <summary>
    /// Counts additions and releases; raised before an addition looks at the root.
    /// </summary>
    private long _changes;
    private int _count;

    /// <summary>The writer's, ascending by generation.</summary>
    private HeldPin[] _held = new HeldPin[16];
    private int _heldCount;
    private long _seenChanges;
    private bool _anyUnheld;
    private long _heldPages;
    private long _oldest = long.MaxValue;
    private ulong _random = 0x9E37_79B9_7F4A_7C15;

    internal int Count => Volatile.Read(ref _count);

    /// <summary>Retired pages that wait for a pin.</summary>
    internal long HeldPages => Volatile.Read(ref _heldPages);

    /// <summary>
    /// The oldest pinned generation when the writer last looked; <see cref="long.MaxValue"/> =
    /// none.
    /// </summary>
    internal long OldestGeneration => Volatile.Read(ref _oldest);

    /// <summary>Pins the root that is published now.</summary>
    internal IndexRoot? Add(ref IndexRoot? published)
    {
        lock (_gate)
        {
            // The writer publishes and then reads the number, with a full fence between: either it sees
            // it raised and waits for the gate, or the root below is the one that it has just
            // published. That takes a full fence here too, between the number and the root. On x86
            // the increment is one; elsewhere one whose result is not used need not be.
            Interlocked.Increment(ref _changes);
            if (!X86Base.IsSupported)
            {
                Interlocked.MemoryBarrier();
            }

            IndexRoot? root = Volatile.Read(ref published);
            if (root is not null)
            {
                _added.Add(root.Generation);
                _count++;
            }

            return root;
        }
    }

    internal void Release(long generation)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _changes);
            _released.Add(generation);
            _count--;
        }
    }

    /// <summary>
    /// Takes note of pins that came and went, and gives back the pages of those that are gone: they
    /// are to be freed or held by another.
    /// </summary>
    internal uint Update()
    {
        if (Volatile.Read(ref _changes) != _seenChanges)
        {
            TakeChanges();
        }

        return _anyUnheld ? RemoveUnheld() : 0;
    }

    /// <summary>Lets a pin that needs a page hold it.</summary>
    /// <returns>False: none needs it.</returns>
    internal bool TryHold(Page page, uint id)
    {
        int from = FirstAtLeast(page.Birth);
        int to = FirstAtLeast(page.Retired);
        if (from == to)
        {
            return false;
        }

        ref HeldPin pin = ref _held[from + (to - from == 1 ? 0 : Draw(to - from))];
        page.NextRetired = pin.FirstPage;
        pin.FirstPage = id;
        Volatile.Write(ref _heldPages, _heldPages + 1);
        return true;
    }

    private void TakeChanges()
    {
        lock (_gate)
        {
            _seenChanges = _changes;
            foreach (long generation in _added)
            {
                Hold(generation);
            }

            foreach (long generation in _released)
            {
                ref HeldPin pin = ref _held[FirstAtLeast(generation)];
                IndexInvariant.Require(
                    pin.Generation == generation && pin.Holders > 0, "a released pin was held");
                _anyUnheld |= --pin.Holders == 0;
            }

            _added.Clear();
            _released.Clear();
        }

        Volatile.Write(ref _oldest, _heldCount == 0 ? long.MaxValue : _held[0].Generation);
    }

    /// <summary>Roots are pinned while they are the newest, so generations never go back.</summary>
    private void Hold(long generation)
    {
        long last = _heldCount == 0 ? -1 : _held[_heldCount - 1].Generation;
        IndexInvariant.Require(generation >= last, "pins are taken in order");
        if (generation != last)
        {
            if (_heldCount == _held.Length)
            {
                Array.Resize(ref _held, _heldCount * 2);
            }

            _held[_heldCount++] = new HeldPin { Generation = generation };
        }

        _held[_heldCount - 1].Holders++;
    }

    private uint RemoveUnheld()
    {
        uint pages = 0;
        int kept = 0;
        _anyUnheld = false;
        for (int i = 0; i < _heldCount; i++)
        {
            HeldPin pin = _held[i];
            bool unheld = pin.Holders == 0;
            if (unheld && !slots.ReadsPinned(pin.Generation))
            {
                pages = Join(pin.FirstPage, pages);
                continue;
            }

            _anyUnheld |= unheld;
            _held[kept++] = pin;
        }

        _heldCount = kept;
        Volatile.Write(ref _oldest, kept == 0 ? long.MaxValue : _held[0].Generation);
        return pages;
    }

    /// <summary>
    /// Puts one list in front of another; each page of it is about to be visited.
    /// </summary>
    private uint Join(uint first, uint rest)
    {
        uint all = rest;
        for (uint id = first; id != 0;)
        {
            Page page = arena[id];
            uint next = page.NextRetired;
            page.NextRetired = all;
            all = id;
            id = next;
            Volatile.Write(ref _heldPages, _heldPages - 1);
        }

        return all;
    }

    private int FirstAtLeast(long generation)
    {
        int low = 0;
        int high = _heldCount;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_held[middle].Generation < generation)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>A number below a bound (xorshift, seeded: runs are repeatable).</summary>
    private int Draw(int bound)
    {
        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        return (int)((_random >> 33) % (uint)bound);
    }
}

/// <summary>A pinned generation, as the writer sees it.</summary>
internal struct HeldPin
{
    internal long Generation;

    /// <summary>
    /// How many pins hold it; at 0 it goes as soon as no read on it is under way.
    /// </summary>
    internal int Holders;

    /// <summary>The retired pages that wait for this pin, linked through their headers.</summary>
    internal uint FirstPage;
}
