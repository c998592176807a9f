namespace LogEngine.Index;

/// <summary>Pages that the newest state does not need, until nobody needs them.</summary>
/// <remarks>
/// The writer's. A page that was retired at generation d was reached by roots from its birth to
/// d - 1. It is free once no epoch below d is read and no pin lies in [birth, d). Pages wait in the
/// order of d, linked through their headers, and those that a pin needs move to that pin's list:
/// a pin holds back what it needs and nothing else. docs/btree.md has the argument.
/// </remarks>
internal sealed class RetiredPages(PageArena arena, ReaderSlots slots, PinTable pins)
{
    /// <summary>Retired by the state that is not published yet.</summary>
    private uint _pendingFirst;
    private uint _pendingLast;
    private long _pendingCount;

    private uint _first;
    private uint _last;
    private long _count;

    /// <summary>Pages that wait for readers, pins, or a call of <see cref="Reclaim"/>.</summary>
    internal long Count => Volatile.Read(ref _count) + pins.HeldPages;

    /// <summary>The state that is being made does not need a page any more.</summary>
    /// <param name="id">The page.</param>
    /// <param name="generation">That of the state that is being made.</param>
    internal void Release(uint id, long generation)
    {
        Page page = arena[id];
        if (page.Birth == generation)
        {
            // No reader ever saw it.
            arena.Release(id);
            return;
        }

        page.Retired = generation;
        page.NextRetired = 0;
        if (_pendingLast == 0)
        {
            _pendingFirst = id;
        }
        else
        {
            Link(_pendingLast, id);
        }

        _pendingLast = id;
        _pendingCount++;
    }

    /// <summary>The state that retired them is published.</summary>
    internal void Publish()
    {
        if (_pendingFirst == 0)
        {
            return;
        }

        if (_last == 0)
        {
            _first = _pendingFirst;
        }
        else
        {
            Link(_last, _pendingFirst);
        }

        _last = _pendingLast;
        Volatile.Write(ref _count, _count + _pendingCount);
        Discard();
    }

    /// <summary>The state that retired them is given up: they are in use as before.</summary>
    internal void Discard()
    {
        _pendingFirst = 0;
        _pendingLast = 0;
        _pendingCount = 0;
    }

    /// <summary>Frees what nobody needs.</summary>
    internal void Reclaim()
    {
        // Between publishing, which came before, and looking who reads: a reader that is not seen
        // below will see the root that was published.
        Interlocked.MemoryBarrier();

        // Pins before slots: whoever reads a pin says so first and checks the pin second.
        FreeOrHold(pins.Update());
        if (_first != 0)
        {
            FreeQueue(slots.OldestEpoch());
        }
    }

    private void Link(uint id, uint next)
    {
        Page page = arena[id];
        page.NextRetired = next;
    }

    private void FreeQueue(long oldestEpoch)
    {
        uint id = _first;
        while (id != 0)
        {
            Page page = arena[id];
            if (page.Retired > oldestEpoch)
            {
                break;
            }

            uint next = page.NextRetired;
            FreeOrHold(page, id);
            Volatile.Write(ref _count, _count - 1);
            id = next;
        }

        _first = id;
        if (id == 0)
        {
            _last = 0;
        }
    }

    private void FreeOrHold(uint first)
    {
        for (uint id = first; id != 0;)
        {
            Page page = arena[id];
            uint next = page.NextRetired;
            FreeOrHold(page, id);
            id = next;
        }
    }

    private void FreeOrHold(Page page, uint id)
    {
        if (!pins.TryHold(page, id))
        {
            arena.Release(id);
        }
    }
}
