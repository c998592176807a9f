namespace LogEngine.Testing.Model;

/// <summary>A batch that was given to an engine, and what became of it.</summary>
internal sealed class SubmittedBatch
{
    private Outcome _known = Outcome.Unknown;

    internal SubmittedBatch(
        int index,
        IReadOnlyList<ModelOperation> operations,
        IReadOnlyList<ModelCondition> conditions,
        Durability durability,
        long floor,
        long ticks)
    {
        Index = index;
        Operations = operations;
        Conditions = conditions;
        Durability = durability;
        Floor = floor;
        Ticks = ticks;
    }

    internal enum Outcome
    {
        /// <summary>Not complete, or failed in a way that leaves it open.</summary>
        Unknown,

        /// <summary>Committed, with sequences.</summary>
        Applied,

        /// <summary>It has left nothing.</summary>
        Refused,
    }

    /// <summary>Its place in the order of submission.</summary>
    internal int Index { get; }

    internal IReadOnlyList<ModelOperation> Operations { get; }

    internal IReadOnlyList<ModelCondition> Conditions { get; }

    internal Durability Durability { get; }

    /// <summary>What was visible when it was submitted: its sequences are above.</summary>
    internal long Floor { get; }

    /// <summary>The wall clock then.</summary>
    internal long Ticks { get; }

    /// <summary>What was in the way of a refused one; null where it was refused otherwise.</summary>
    internal Conflict? Conflict { get; private set; }

    /// <summary>What was visible when the refusal came.</summary>
    internal long RefusedAt { get; private set; }

    /// <summary>Of an applied one.</summary>
    internal long First { get; private set; }

    internal long Last => First + Operations.Count - 1;

    internal Task<CommitResult>? Task { get; set; }

    /// <summary>The commit has been asked for after the engine had said that it is faulted.</summary>
    internal bool AfterFault { get; init; }

    internal Outcome State
    {
        get
        {
            if (_known == Outcome.Unknown && Task is { IsCompleted: true } task)
            {
                Learn(task);
            }

            return _known;
        }
    }

    /// <summary>What was wrong in how it failed; null for nothing.</summary>
    internal string? Contradiction { get; private set; }

    /// <summary>Notes how far the engine was when this was refused.</summary>
    internal void NoteRefusedAt(long visible)
    {
        if (RefusedAt == 0)
        {
            RefusedAt = visible;
        }
    }

    private void Learn(Task<CommitResult> task)
    {
        if (task.IsCompletedSuccessfully)
        {
            CommitResult result = task.Result;
            Conflict = result.Conflict;
            First = result.Sequences.First;
            _known = result.Applied ? Outcome.Applied : Outcome.Refused;
            return;
        }

        bool open = task.Exception?.InnerException is IUndeterminedWrite { MayBeWritten: true };
        _known = open ? Outcome.Unknown : Outcome.Refused;
        Contradiction = open && AfterFault
            ? $"write {Index} may be written, says the engine, which was faulted before it was asked"
            : null;
    }
}
