using LogEngine.Index;

namespace LogEngine.Engine;

/// <summary>Pinned roots, and how old the oldest is: what it points at must not be freed.</summary>
/// <remarks>
/// Thread-safe. A root is pinned and counted in one step, so whoever sees that none older than a
/// sequence is counted, after that sequence was published, knows that none will come.
/// </remarks>
internal sealed class RootPins(OrderedIndex index)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, int> _pins = [];
    private int _count;

    /// <summary>How many are pinned.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>Sequence of the oldest pinned root; null where none is.</summary>
    internal long? OldestSequence
    {
        get
        {
            lock (_gate)
            {
                return _count == 0 ? null : _pins.First().Key;
            }
        }
    }

    internal PinnedRoot Pin()
    {
        lock (_gate)
        {
            PinnedRoot root = index.Pin();
            _pins[root.Sequence] = _pins.GetValueOrDefault(root.Sequence) + 1;
            _count++;
            return root;
        }
    }

    /// <summary>Lets go of a root that <see cref="Pin"/> gave; once.</summary>
    internal void Release(PinnedRoot root)
    {
        root.Dispose();
        lock (_gate)
        {
            _count--;
            int left = _pins[root.Sequence] - 1;
            if (left == 0)
            {
                _pins.Remove(root.Sequence);
            }
            else
            {
                _pins[root.Sequence] = left;
            }
        }
    }
}

/// <summary>A pinned root and the time at which it is looked at.</summary>
/// <param name="Root">The root.</param>
/// <param name="NowTicks">What has expired by then is absent.</param>
internal sealed record PinnedView(PinnedRoot Root, long NowTicks)
{
    internal RootFacts Facts => (RootFacts)Root.Tag!;
}
