using LogEngine.Maintenance;

namespace LogEngine.Unit.Engine;

/// <summary>A log of records of one size, its segments, and compaction as the engine does it.</summary>
internal sealed class ModelStore(double threshold)
{
    internal const int RecordsPerSegment = 500;

    private readonly CostBenefit _choice = new(threshold, RecordsPerSegment);
    private readonly List<ModelSegment> _sealed = [];
    private readonly Dictionary<int, ModelSegment> _places = [];
    private ModelSegment _active = new();
    private long _log;

    /// <summary>The deadest first, as soon as there is too much that is dead.</summary>
    internal bool Greedy { get; init; }

    internal long Rewritten { get; private set; }

    /// <summary>Records in all, rewritten ones included.</summary>
    internal long Written => _log;

    internal long Live => _places.Count;

    /// <summary>Records in sealed segments that hold anything live.</summary>
    internal long SealedRecords => _sealed.Count * RecordsPerSegment;

    internal long MostSealed { get; private set; }

    internal void Put(int key)
    {
        Append(key);
        RollIfFull();
    }

    internal void Delete(int key)
    {
        Remove(key);
        _active.Records++;
        _log++;
        RollIfFull();
    }

    private void Append(int key)
    {
        Remove(key);
        _active.Records++;
        _log++;
        _active.Keys.Add(key);
        _places[key] = _active;
    }

    private void Remove(int key)
    {
        if (_places.Remove(key, out ModelSegment? old))
        {
            old.Keys.Remove(key);
            old.Died++;
        }
    }

    private void RollIfFull()
    {
        if (_active.Records < RecordsPerSegment)
        {
            return;
        }

        Seal();
        foreach (ModelSegment segment in _sealed)
        {
            double rate = (double)(segment.Died - segment.DiedAtLook) / RecordsPerSegment;
            segment.DiedAtLook = segment.Died;
            segment.Rate = Math.Max(rate, (rate + segment.Rate) / 2);
        }

        Compact();
        MostSealed = Math.Max(MostSealed, SealedRecords);
    }

    private void Compact()
    {
        _sealed.RemoveAll(s => s.Keys.Count == 0);
        while (Choose() is { } chosen)
        {
            Rewritten += chosen.Keys.Count;
            foreach (int key in chosen.Keys.ToArray())
            {
                Append(key);
                RollWithoutLook();
            }

            _sealed.RemoveAll(s => s.Keys.Count == 0);
        }
    }

    private void RollWithoutLook()
    {
        if (_active.Records == RecordsPerSegment)
        {
            Seal();
        }
    }

    private void Seal()
    {
        _active.SealedAt = _log;
        _sealed.Add(_active);
        _active = new ModelSegment();
    }

    private ModelSegment? Choose()
    {
        int chosen = _choice.Choose(
            [.. _sealed.Select(s => s.Wear(_log, Greedy))], WriteActivity.Busy);
        return chosen < 0 ? null : _sealed[chosen];
    }

    private sealed class ModelSegment
    {
        internal HashSet<int> Keys { get; } = [];

        internal int Records { get; set; }

        internal long Died { get; set; }

        internal long DiedAtLook { get; set; }

        internal double Rate { get; set; }

        internal long SealedAt { get; set; }

        /// <summary>As if nothing were known of how it dies where only what is dead counts.</summary>
        internal SegmentWear Wear(long log, bool blind) => new(
            RecordsPerSegment,
            Keys.Count,
            Keys.Count,
            blind ? 0 : Rate,
            blind ? long.MaxValue : log - SealedAt);
    }
}
