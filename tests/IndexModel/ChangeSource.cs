namespace LogEngine.IndexModel;

/// <summary>The changes of a plan in a row, in phases that grow, churn or shrink.</summary>
internal sealed class ChangeSource
{
    private const int Orders = 7;
    private const int MaxRuns = 8;

    private readonly IndexPlan _plan;
    private readonly int[] _arrivals;
    private readonly int _keys;
    private readonly int[] _runs = new int[MaxRuns];
    private Chance _chance;
    private int _phaseLeft;
    private int _order;
    private int _putsOf16;
    private int _at;

    /// <summary>There is something to publish.</summary>
    private bool _hasChanged;

    internal ChangeSource(IndexPlan plan, int[] arrivals, int keys)
    {
        _plan = plan;
        _arrivals = arrivals;
        _keys = keys;
        _chance = new Chance(plan.Seed ^ ((ulong)plan.Family << 56));
    }

    internal IndexChange Next()
    {
        if (_phaseLeft-- == 0)
        {
            BeginPhase();
        }

        ulong draw = _chance.Next();
        _hasChanged = !_hasChanged || draw % (ulong)_plan.PublishOneIn != 0;
        if (!_hasChanged)
        {
            return new(_chance.OneIn(30) ? IndexDo.Discard : IndexDo.Publish, 0);
        }

        return ((draw >> 32) & 127) switch
        {
            0 => Rarely(),
            1 or 2 => new(IndexDo.Move, NextRank()),
            3 => new(IndexDo.GetMany, _chance.Below(_keys), 1 + _chance.Below(60)),
            4 or 5 => new(IndexDo.Get, _chance.Below(_keys)),
            _ => PutOrRemove(draw >> 40),
        };
    }

    private IndexChange PutOrRemove(ulong draw)
    {
        if (_plan.RangeOneIn != 0 && _chance.OneIn(_plan.RangeOneIn))
        {
            return Range(IndexDo.RemoveRange);
        }

        if ((int)(draw & 15) >= _putsOf16)
        {
            return new(IndexDo.Remove, NextRank());
        }

        bool expires = _plan.ExpiryOneIn != 0 && _chance.OneIn(_plan.ExpiryOneIn);
        return new(IndexDo.Put, NextRank(), expires ? 1 + _chance.Below(1000) : 0);
    }

    /// <summary>One in 128 comes here: what costs more, rarer still in a large index.</summary>
    private IndexChange Rarely()
    {
        int cost = Math.Max(1, _keys / 100);
        return _chance.Below(10) switch
        {
            0 or 1 or 2 => Range(IndexDo.Scan),
            3 when _chance.OneIn(cost) => new(IndexDo.Pin, 0),
            4 when _chance.OneIn(cost) => new(IndexDo.Unpin, _chance.Below(8)),
            5 when _chance.OneIn(8 * cost) => new(IndexDo.Rebuild, 0),
            6 => new(IndexDo.MoveWrongly, NextRank()),
            _ => new(IndexDo.Get, _chance.Below(_keys)),
        };
    }

    private IndexChange Range(IndexDo what)
    {
        int from = _chance.Below(_keys);

        // Mostly short ones, or nothing is left to work on.
        int length = _chance.OneIn(8) ? _keys : Math.Min(_keys, 1 + (_keys / 16));
        int flags = (int)(_chance.Next() & _chance.Next() & 15);
        flags &= _chance.OneIn(16) ? 15 : ~(IndexChange.OpenFrom | IndexChange.OpenTo);
        return new(what, from, Math.Min(_keys - 1, from + _chance.Below(length)), flags);
    }

    private void BeginPhase()
    {
        _phaseLeft = 1 + (_keys / 4) + _chance.Below(2 * _keys);
        _order = _chance.Below(Orders);
        _putsOf16 = _chance.Below(4) switch { 0 => 15, 1 => 16, 2 => 9, _ => 3 };
        _at = _chance.Below(_keys);
        for (int i = 0; i < MaxRuns; i++)
        {
            _runs[i] = _chance.Below(_keys);
        }
    }

    private int NextRank()
    {
        switch (_order)
        {
            case 0:
                return _chance.Below(_keys);
            case 1:
                return _at = _at + 1 == _keys ? 0 : _at + 1;
            case 2:
                return _at = _at == 0 ? _keys - 1 : _at - 1;
            case 3:
                ref int run = ref _runs[_chance.Below(MaxRuns)];
                return run = run + 1 == _keys ? 0 : run + 1;
            case 4:
                _at = _at + 1 >= _arrivals.Length ? 0 : _at + 1;
                return _arrivals[_at];
            case 5:
                _at = _chance.OneIn(50) ? _chance.Below(_keys) : _at;
                return (_at + _chance.Below(32)) % _keys;
            default:
                _at = _at + 1 == _keys ? 0 : _at + 1;
                return (_at + _chance.Below(8)) % _keys;
        }
    }
}
