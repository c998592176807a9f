using LogEngine.Index;

namespace LogEngine.IndexModel;

/// <summary>An index beside a model of it: what each key of a fixed set must have.</summary>
internal sealed class IndexTwin : IDisposable
{
    private const int MaxPins = 6;
    private const int MaxMany = 20;

    private readonly IndexPlan _plan;
    private readonly KeySet _keys;

    /// <summary>Unpublished changes included; default = the key is absent.</summary>
    private readonly IndexValue[] _model;
    private readonly List<(int Rank, IndexValue Old)> _undo = [];
    private readonly List<(PinnedRoot Pin, IndexValue[] Model)> _pins = [];
    private readonly byte[] _many = new byte[MaxMany * KeyFamilies.MaxKeyBytes];
    private readonly int[] _ends = new int[MaxMany];
    private readonly IndexValue[] _values = new IndexValue[MaxMany];
    private readonly bool[] _found = new bool[MaxMany];
    private readonly byte[] _from = new byte[KeyFamilies.MaxKeyBytes];
    private readonly byte[] _to = new byte[KeyFamilies.MaxKeyBytes + 1];
    private readonly RemovedVisitor _visit;
    private OrderedIndex _index;
    private TreeWalk _walk;
    private long _version;
    private int _count;
    private int _publishedCount;
    private int _visitAt;
    private int _visitEnd;

    internal IndexTwin(IndexPlan plan, KeySet keys)
    {
        _plan = plan;
        _keys = keys;
        _model = new IndexValue[keys.Count];
        _visit = Visit;
        _index = NewIndex();
        _walk = new TreeWalk(_index.Arena);
    }

    /// <summary>Levels of the tree when it was last checked.</summary>
    internal int Levels { get; private set; }

    internal void Do(in IndexChange change)
    {
        switch (change.Do)
        {
            case IndexDo.Put:
                Put(change.First, change.Second);
                break;
            case IndexDo.Remove:
                Remove(change.First);
                break;
            case IndexDo.Move:
                Move(change.First, expectRight: true);
                break;
            case IndexDo.MoveWrongly:
                Move(change.First, expectRight: false);
                break;
            case IndexDo.RemoveRange:
                RemoveRange(change);
                break;
            case IndexDo.Publish:
                Publish();
                break;
            case IndexDo.Discard:
                Discard();
                break;
            case IndexDo.Pin when _pins.Count < MaxPins:
                Publish();
                _pins.Add((_index.Pin(), (IndexValue[])_model.Clone()));
                break;
            case IndexDo.Unpin when _pins.Count > 0:
                Unpin(change.First % _pins.Count);
                break;
            case IndexDo.Get:
                Get(change.First);
                break;
            case IndexDo.GetMany:
                GetMany(change.First, change.Second);
                break;
            case IndexDo.Scan:
                Scan(change);
                break;
            case IndexDo.Rebuild:
                Rebuild();
                break;
            case IndexDo.Check:
                Check();
                break;
        }
    }

    /// <summary>The whole tree, unpublished changes included.</summary>
    internal void CheckTree()
    {
        _index.CheckPending(_walk);
        Require(_walk.Entries == _count, "as many entries as the model");
        Levels = Math.Max(Levels, _walk.Levels);
    }

    /// <summary>Tree, contents both ways, every pin, and that no page is lost.</summary>
    internal void Check()
    {
        Publish();
        CheckTree();
        using (PinnedRoot pin = _index.Pin())
        {
            CheckContents(pin, _model);
        }

        for (int rank = 0; rank < _model.Length; rank++)
        {
            Get(rank);
        }
    }

    /// <summary>The end of a run: nothing is pinned any more, and no page is lost.</summary>
    internal void Finish()
    {
        Check();
        while (_pins.Count > 0)
        {
            Unpin(0);
        }

        _index.Reclaim();
        _index.Publish(++_version, null);
        _index.Reclaim();
        long pages = _index.CheckPending(_walk);
        Require(_index.Statistics.RetiredPages == 0, "no page waits for nobody");
        Require(_index.Statistics.UsedPages == pages, "every used page is in the tree");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _walk.Dispose();
        _index.Dispose();
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new IndexDifferenceException($"Not so: {what}.");
        }
    }

    private OrderedIndex NewIndex() => new(new IndexOptions
    {
        ChunkBytes = 1 << 18,
        MaxChunks = 1 << 12,
        MaxPrefaultBytes = 0,
        PoisonFreedPages = _plan.Poison,
    });

    private void Put(int rank, int expires)
    {
        _version++;
        IndexValue value = new(_version, (ulong)_version * 8, expires);
        bool had = _index.Put(_keys[rank], value, out IndexValue old);
        Require(old == _model[rank] && had == (old.Version != 0), "put says what was there");
        Set(rank, value);
    }

    private void Remove(int rank)
    {
        bool had = _index.Remove(_keys[rank], out IndexValue old);
        Require(old == _model[rank] && had == (old.Version != 0), "remove says what was there");
        Set(rank, default);
    }

    private void Move(int rank, bool expectRight)
    {
        IndexValue was = _model[rank];
        ulong expected = expectRight ? was.Location : was.Location + 1;
        bool moves = was.Version != 0 && expectRight;
        bool moved = _index.TryReplaceLocation(
            _keys[rank], expected, was.Location + 3, out IndexValue now);
        Require(moved == moves, "what is moved is where it was");
        IndexValue becomes = moves ? was with { Location = was.Location + 3 } : was;
        Require(now == becomes, "a move says what is there now");
        Set(rank, becomes);
    }

    private void Set(int rank, in IndexValue value)
    {
        ref IndexValue now = ref _model[rank];
        _undo.Add((rank, now));
        _count += (value.Version != 0 ? 1 : 0) - (now.Version != 0 ? 1 : 0);
        now = value;
    }

    private void RemoveRange(in IndexChange change)
    {
        int low = Bounds(change, out int high, out int fromLength, out int toLength);
        int before = _count;
        _visitAt = low;
        _visitEnd = high;
        long removed = _index.RemoveRange(
            _from.AsSpan(0, fromLength), _to.AsSpan(0, toLength), _visit);
        SkipAbsent();
        Require(_visitAt >= high, "all of a range is removed");
        Require(removed == before - _count, "a removal counts what it removes");
    }

    private void Visit(ReadOnlySpan<byte> key, in IndexValue value)
    {
        SkipAbsent();
        Require(
            _visitAt < _visitEnd
                && key.SequenceEqual(_keys[_visitAt])
                && value == _model[_visitAt],
            "a removal visits what there is");
        Set(_visitAt++, default);
    }

    private void SkipAbsent()
    {
        while (_visitAt < _model.Length && _model[_visitAt].Version == 0)
        {
            _visitAt++;
        }
    }

    /// <summary>Writes a range's bounds and finds the ranks that are in it.</summary>
    private int Bounds(in IndexChange change, out int high, out int fromLength, out int toLength)
    {
        int low = 0;
        fromLength = 0;
        if ((change.Flags & IndexChange.OpenFrom) == 0)
        {
            ReadOnlySpan<byte> from = _keys[change.First];
            fromLength = (change.Flags & IndexChange.HalfFrom) != 0
                ? (from.Length + 1) / 2
                : from.Length;
            from[..fromLength].CopyTo(_from);
            low = _keys.LowerBound(_from.AsSpan(0, fromLength));
        }

        high = _keys.Count;
        toLength = 0;
        if ((change.Flags & IndexChange.OpenTo) == 0)
        {
            ReadOnlySpan<byte> to = _keys[change.Second];
            to.CopyTo(_to);
            toLength = to.Length;
            if ((change.Flags & IndexChange.LongerTo) != 0)
            {
                _to[toLength++] = 0;
            }

            high = _keys.LowerBound(_to.AsSpan(0, toLength));
        }

        return low;
    }

    private void Publish()
    {
        _index.Publish(_version, null);
        _index.Reclaim();
        _undo.Clear();
        _publishedCount = _count;
        Require(_index.Count == _count, "a publication has as many entries as the model");
    }

    private void Discard()
    {
        _index.DiscardPending();
        for (int i = _undo.Count - 1; i >= 0; i--)
        {
            _model[_undo[i].Rank] = _undo[i].Old;
        }

        _undo.Clear();
        _count = _publishedCount;
    }

    private void Unpin(int which)
    {
        (PinnedRoot pin, IndexValue[] model) = _pins[which];
        _pins.RemoveAt(which);
        pin.Check(_walk);
        CheckContents(pin, model);
        pin.Dispose();
    }

    private void CheckContents(PinnedRoot pin, IndexValue[] model)
    {
        CheckCursor(pin.Seek(default, default), model, 0, model.Length, backward: false);
        CheckCursor(pin.Seek(default, default, true), model, 0, model.Length, backward: true);
    }

    private void CheckCursor(
        IndexCursor cursor, IndexValue[] model, int low, int high, bool backward)
    {
        int step = backward ? -1 : 1;
        int end = backward ? low - 1 : Math.Max(low, high);
        for (int rank = backward ? high - 1 : low; rank != end && low < high; rank += step)
        {
            if (model[rank].Version != 0)
            {
                Require(
                    cursor.MoveNext()
                        && cursor.Key.SequenceEqual(_keys[rank])
                        && cursor.Value == model[rank],
                    "a cursor sees what there is");
            }
        }

        Require(!cursor.MoveNext(), "a cursor ends where its range ends");
    }

    private void Get(int rank)
    {
        ReadOnlySpan<byte> key = _keys[rank];
        bool found = _index.TryGetPending(key, out IndexValue value);
        Require(
            value == _model[rank] && found == (value.Version != 0), "a get sees what there is");
        if (_undo.Count == 0)
        {
            found = _index.TryGet(key, out value);
            Require(
                value == _model[rank] && found == (value.Version != 0),
                "a get of the published state sees what there is");
        }
    }

    private void GetMany(int first, int stride)
    {
        int end = 0;
        int count = Math.Min(MaxMany, 1 + (first % MaxMany));
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> key = _keys[(first + (i * stride)) % _keys.Count];
            key.CopyTo(_many.AsSpan(end));
            end += key.Length;
            _ends[i] = end;
        }

        int hits = _index.TryGetManyPending(
            _many.AsSpan(0, end), _ends.AsSpan(0, count), _values, _found);
        for (int i = 0; i < count; i++)
        {
            IndexValue expected = _model[(first + (i * stride)) % _keys.Count];
            Require(
                _values[i] == expected && _found[i] == (expected.Version != 0),
                "a get of many sees what there is");
            hits -= _found[i] ? 1 : 0;
        }

        Require(hits == 0, "a get of many counts what it finds");
    }

    private void Scan(in IndexChange change)
    {
        Publish();
        int low = Bounds(change, out int high, out int fromLength, out int toLength);
        ReadOnlySpan<byte> from = _from.AsSpan(0, fromLength);
        ReadOnlySpan<byte> to = _to.AsSpan(0, toLength);
        using PinnedRoot pin = _index.Pin();
        CheckCursor(pin.Seek(from, to), _model, low, high, backward: false);
        CheckCursor(pin.Seek(from, to, backward: true), _model, low, high, backward: true);
        int count = 0;
        for (int rank = low; rank < high; rank++)
        {
            count += _model[rank].Version != 0 ? 1 : 0;
        }

        Require(pin.CountRange(from, to) == count, "a range is counted as it is");
    }

    /// <summary>Goes on with an index that is built from what there is.</summary>
    private void Rebuild()
    {
        Finish();
        _walk.Dispose();
        _index.Dispose();
        _index = NewIndex();
        _walk = new TreeWalk(_index.Arena);
        using (IndexBuilder builder = _index.Build())
        {
            for (int rank = 0; rank < _model.Length; rank++)
            {
                if (_model[rank].Version != 0)
                {
                    builder.Add(_keys[rank], _model[rank]);
                }
            }

            builder.Complete();
        }

        Check();
    }
}
