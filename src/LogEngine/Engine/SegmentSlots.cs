using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>The segments that locations name by a small number.</summary>
/// <remarks>
/// <para>
/// Which segment has which slot is known here and nowhere else: a state that is thrown away, a
/// snapshot loaded in part above all, leaves nothing behind in the segments that the next one meets.
/// </para>
/// <para>
/// Numbers are given by the commit role, or by recovery before it begins, and taken back when a
/// segment is freed: no root that anybody can reach points into it then. Readers take no lock.
/// </para>
/// </remarks>
internal sealed class SegmentSlots
{
    private readonly Lock _gate = new();
    private readonly Stack<int> _free = new();
    private readonly Dictionary<Segment, SegmentSlot> _known = [];
    private SegmentSlot?[] _slots = new SegmentSlot?[16];
    private int _used;

    /// <summary>The one asked for last: most groups are in the segment of the one before.</summary>
    private SegmentSlot? _last;

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
        SegmentSlot? last = Volatile.Read(ref _last);
        if (last?.Segment == segment)
        {
            return last;
        }

        lock (_gate)
        {
            if (_known.TryGetValue(segment, out SegmentSlot? known))
            {
                Volatile.Write(ref _last, known);
                return known;
            }

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
            _known.Add(segment, slot);
            Volatile.Write(ref _slots[number], slot);
            Volatile.Write(ref _last, slot);
            return slot;
        }
    }

    /// <summary>The segment has been freed; its number is not given again yet.</summary>
    internal void Remove(SegmentSlot slot)
    {
        lock (_gate)
        {
            _known.Remove(slot.Segment);
            Volatile.Write(ref _slots[slot.Number], null);
            if (_last == slot)
            {
                Volatile.Write(ref _last, null);
            }
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
