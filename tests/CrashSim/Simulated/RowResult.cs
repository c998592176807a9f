namespace LogEngine.CrashSim.Simulated;

/// <summary>What a test of a fault row came to.</summary>
internal sealed class RowResult
{
    private readonly List<string> _failures = [];
    private readonly HashSet<ulong> _images = [];
    private readonly Lock _gate = new();

    /// <summary>States derived or runs made, and judged.</summary>
    internal long States { get; private set; }

    /// <summary>Of those, recovered: no two of them equal within a run.</summary>
    internal long Distinct { get; private set; }

    internal IReadOnlyList<string> Failures => _failures;

    internal bool HasFailed => _failures.Count > 0;

    internal void Add(long states, long distinct)
    {
        lock (_gate)
        {
            States += states;
            Distinct += distinct;
        }
    }

    /// <summary>Images that are told apart over all runs of the row.</summary>
    internal void Add(long states, IEnumerable<ulong> images)
    {
        lock (_gate)
        {
            int before = _images.Count;
            _images.UnionWith(images);
            States += states;
            Distinct += _images.Count - before;
        }
    }

    internal void Fail(string failure)
    {
        lock (_gate)
        {
            _failures.Add(failure);
        }
    }

    /// <summary>Reports it as a row of the simulated layer, and fails where it has failed.</summary>
    internal void MustHold(int row) => MustHold(row, States, Distinct);

    /// <summary>The same for some of the states.</summary>
    internal void MustHold(int row, long states, long distinct)
    {
        FaultReport.Row(row, "S", states, distinct, Failures.Count);
        Assert.True(states > 0, $"No state of row {row} was tried.");
        MustHold();
    }

    /// <summary>Fails where it has failed.</summary>
    internal void MustHold() =>
        Assert.True(!HasFailed, string.Join(Environment.NewLine, Failures.Take(3)));

    internal void Add(RowResult other)
    {
        Add(other.States, other.Distinct);
        foreach (string failure in other.Failures)
        {
            Fail(failure);
        }
    }
}
