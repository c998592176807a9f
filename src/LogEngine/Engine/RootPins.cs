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

    /// <summary>
    /// Sequences that are pinned, ascending, and how often each: a root is pinned while it is the newest,
    /// and sequences never go back.
    /// </summary>
    private readonly List<(long Sequence, int Count)> _pins = [];
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
                return _pins.Count == 0 ? null : _pins[0].Sequence;
            }
        }
    }

    internal PinnedRoot Pin()
    {
        lock (_gate)
        {
            PinnedRoot root = index.Pin();
            (long last, int held) = _pins.Count == 0 ? (-1, 0) : _pins[^1];
            IndexInvariant.Require(root.Sequence >= last, "roots are pinned in order");
            if (root.Sequence == last)
            {
                _pins[^1] = (last, held + 1);
            }
            else
            {
                _pins.Add((root.Sequence, 1));
            }

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
            int at = IndexOf(root.Sequence);
            int left = _pins[at].Count - 1;
            if (left == 0)
            {
                _pins.RemoveAt(at);
            }
            else
            {
                _pins[at] = (root.Sequence, left);
            }
        }
    }

    private int IndexOf(long sequence)
    {
        int low = 0;
        int high = _pins.Count - 1;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_pins[middle].Sequence < sequence)
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
}

/// <summary>A pinned root and the time at which it is looked at.</summary>
/// <param name="Root">The root.</param>
/// <param name="NowTicks">What has expired by then is absent.</param>
internal sealed record PinnedView(PinnedRoot Root, long NowTicks)
{
    internal RootFacts Facts => (RootFacts)Root.Tag!;
}
