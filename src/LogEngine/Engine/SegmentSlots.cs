using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>The segments that locations name by a small number.</summary>
/// <remarks>
/// Numbers are given by the commit role, or by recovery before it begins, and taken back when a
/// segment is freed: no root that anybody can reach points into it then. Readers take no lock.
/// </remarks>
internal sealed class SegmentSlots
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private SegmentSlot?[] _slots = new SegmentSlot?[16];
    private int _used;

    /// <summary>Every segment that has a slot.</summary>
    internal IReadOnlyList<SegmentSlot> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _slots.OfType<SegmentSlot>()];
            }
        }
    }

    /// <summary>The segment of a number; null where it was freed since.</summary>
    internal SegmentSlot? At(int number)
    {
        SegmentSlot?[] slots = Volatile.Read(ref _slots);
        return (uint)number < (uint)slots.Length ? Volatile.Read(ref slots[number]) : null;
    }

    /// <summary>The slot of a segment, given one if it has none yet.</summary>
    internal SegmentSlot Of(Segment segment)
    {
        if (segment.Tag is SegmentSlot known)
        {
            return known;
        }

        lock (_gate)
        {
            int number = _free.TryPop(out int freed) ? freed : _used++;
            if (number >= Location.MaxSlots)
            {
                throw new InvalidOperationException(
                    $"More than {Location.MaxSlots} live segments; use larger ones.");
            }

            if (number >= _slots.Length)
            {
                SegmentSlot?[] larger = new SegmentSlot?[_slots.Length * 2];
                _slots.CopyTo(larger, 0);
                Volatile.Write(ref _slots, larger);
            }

            SegmentSlot slot = new(number, segment);
            segment.Tag = slot;
            Volatile.Write(ref _slots[number], slot);
            return slot;
        }
    }

    /// <summary>The segment has been freed; its number is not given again yet.</summary>
    internal void Remove(SegmentSlot slot)
    {
        lock (_gate)
        {
            Volatile.Write(ref _slots[slot.Number], null);
        }

        slot.SwapHandle(null);
    }

    /// <summary>
    /// Nobody reads any more who may have looked a location up before the segment was removed: in
    /// another segment of the same number it could name, in the cache, the value of another key.
    /// </summary>
    internal void Reuse(SegmentSlot removed)
    {
        lock (_gate)
        {
            _free.Push(removed.Number);
        }
    }
}
