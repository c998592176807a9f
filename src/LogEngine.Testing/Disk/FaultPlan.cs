namespace LogEngine.Testing.Disk;

/// <summary>The faults still to come, each with its count of matching operations.</summary>
internal sealed class FaultPlan
{
    private readonly List<Pending> _faults = [];

    /// <summary>Faults that have struck.</summary>
    internal int Struck { get; private set; }

    /// <summary>Nothing strikes and nothing counts while a test looks at what is there.</summary>
    internal bool IsSuspended { get; set; }

    internal void Add(PlannedFault fault) => _faults.Add(new Pending(fault));

    internal void Clear() => _faults.Clear();

    /// <summary>The fault of this operation, if it is to fail.</summary>
    internal PlannedFault? Next(OperationKinds kind, string path)
    {
        if (IsSuspended)
        {
            return null;
        }

        PlannedFault? strikes = null;
        foreach (Pending pending in _faults)
        {
            PlannedFault fault = pending.Fault;
            if ((fault.Kinds & kind) == 0
                || !path.Contains(fault.PathPart, StringComparison.Ordinal))
            {
                continue;
            }

            pending.Seen++;
            if (pending.Seen == fault.Occurrence
                || (fault.Sticky && pending.Seen > fault.Occurrence))
            {
                strikes ??= fault;
            }
        }

        Struck += strikes is null ? 0 : 1;
        return strikes;
    }

    private sealed class Pending(PlannedFault fault)
    {
        internal PlannedFault Fault { get; } = fault;

        internal long Seen { get; set; }
    }
}
