namespace LogEngine.IndexModel;

/// <summary>The keys of a plan, in order, one behind the other.</summary>
internal sealed class KeySet
{
    private readonly byte[] _bytes;
    private readonly int[] _ends;

    internal KeySet(IndexPlan plan)
    {
        byte[][] keys = new byte[plan.KeyCount][];
        for (int number = 0; number < keys.Length; number++)
        {
            keys[number] = KeyFamilies.Of(plan.Family, plan.Seed, number);
        }

        byte[][] sorted = [.. keys];
        Array.Sort(sorted, static (left, right) => left.AsSpan().SequenceCompareTo(right));
        int count = 0;
        foreach (byte[] key in sorted)
        {
            if (count == 0 || !key.AsSpan().SequenceEqual(sorted[count - 1]))
            {
                sorted[count++] = key;
            }
        }

        _ends = new int[count];
        _bytes = new byte[sorted.Take(count).Sum(key => key.Length)];
        int end = 0;
        for (int rank = 0; rank < count; rank++)
        {
            sorted[rank].CopyTo(_bytes, end);
            end += sorted[rank].Length;
            _ends[rank] = end;
        }

        Arrivals = [.. keys.Select(key => LowerBound(key))];
    }

    internal int Count => _ends.Length;

    /// <summary>Ranks in the order in which the keys come.</summary>
    internal int[] Arrivals { get; }

    internal ReadOnlySpan<byte> this[int rank]
    {
        get
        {
            int start = rank == 0 ? 0 : _ends[rank - 1];
            return _bytes.AsSpan(start, _ends[rank] - start);
        }
    }

    /// <summary>How many keys are below a bound.</summary>
    internal int LowerBound(ReadOnlySpan<byte> bound)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (this[middle].SequenceCompareTo(bound) < 0)
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
