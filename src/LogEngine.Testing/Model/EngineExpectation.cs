namespace LogEngine.Testing.Model;

/// <summary>What an engine recovered after a crash at a moment must and may hold.</summary>
/// <param name="Era">What was submitted.</param>
/// <param name="Submitted">So many of it by then.</param>
/// <param name="Durable">Sequence that must be there after a power loss.</param>
/// <param name="Written">Sequence that must be there after a kill of the process.</param>
/// <param name="LatestTicks">The latest time that the wall clock has shown.</param>
internal sealed record EngineExpectation(
    EngineEra Era, int Submitted, long Durable, long Written, long LatestTicks)
{
    /// <summary>Batches of unknown outcome that can be judged at once.</summary>
    private const int MostUnknown = 6;

    /// <summary>What is wrong; null where nothing is.</summary>
    /// <param name="found">What a recovery found.</param>
    /// <param name="killOnly">The process died and the machine went on.</param>
    internal string? Violation(EngineState found, bool killOnly) =>
        Explain(found, killOnly, out string? problem) is null ? problem : null;

    /// <summary>The batches in the order that explains a state; null where none does.</summary>
    internal IReadOnlyList<SubmittedBatch>? Explain(
        EngineState found, bool killOnly, out string? problem)
    {
        problem = found.Problem ?? JudgeSequence(found, killOnly);
        if (problem is not null)
        {
            return null;
        }

        List<SubmittedBatch> known =
        [
            .. Era.Batches.Where(b => b.State == SubmittedBatch.Outcome.Applied
                && b.Operations.Count > 0 && b.First <= found.Sequence).OrderBy(b => b.First),
        ];
        problem = JudgeKnown(known, found);
        if (problem is not null)
        {
            return null;
        }

        List<SubmittedBatch> unknown =
        [
            .. Era.Batches.Where(b => b.Index < Submitted
                && b.State == SubmittedBatch.Outcome.Unknown && b.Floor < found.Sequence),
        ];
        if (unknown.Count > MostUnknown)
        {
            throw new InvalidOperationException(
                $"{unknown.Count} writes of unknown outcome; at most {MostUnknown} can be judged.");
        }

        ModelSearch search = new(this, found);
        IReadOnlyList<SubmittedBatch>? order = search.Find(known, unknown);
        problem = order is null ? search.FirstProblem : null;
        return order;
    }

    private string? JudgeSequence(EngineState found, bool killOnly)
    {
        long must = killOnly ? Math.Max(Durable, Written) : Durable;
        return found.Sequence < must
            ? $"O2: recovered up to {found.Sequence}, but {must} was acknowledged"
            : null;
    }

    private string? JudgeKnown(List<SubmittedBatch> known, EngineState found)
    {
        foreach (SubmittedBatch batch in known)
        {
            if (batch.Index >= Submitted)
            {
                return $"O3: write {batch.First} is there, which was submitted later";
            }

            if (batch.Last > found.Sequence)
            {
                return $"O1: recovered up to {found.Sequence}, within the batch {batch.First} to "
                    + $"{batch.Last}";
            }
        }

        return null;
    }
}
