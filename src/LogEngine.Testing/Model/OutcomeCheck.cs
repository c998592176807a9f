namespace LogEngine.Testing.Model;

/// <summary>
/// Whether the outcomes that callers were told fit one order of all writes: a condition that was
/// met held just before its batch, one that was refused did not hold at some moment of the call.
/// </summary>
internal static class OutcomeCheck
{
    /// <summary>What does not fit; null where all does.</summary>
    internal static string? Violation(EngineEra era)
    {
        List<SubmittedBatch> applied =
        [
            .. era.Batches.Where(b => b.State == SubmittedBatch.Outcome.Applied)
                .OrderBy(b => b.First),
        ];
        EngineModel model = era.Start.Clone();
        List<SubmittedBatch> refused =
            [.. era.Batches.Where(b => b is { State: SubmittedBatch.Outcome.Refused, Conflict: not null })];
        HashSet<SubmittedBatch> explained = [];
        Look(model, 0);
        foreach (SubmittedBatch batch in applied)
        {
            foreach (ModelCondition condition in batch.Conditions)
            {
                long version = model.VersionOf(condition.Keyspace, condition.Key, batch.Ticks);
                if (version != condition.Expected)
                {
                    return $"write {batch.First} was let through expecting version "
                        + $"{condition.Expected}, there was {version}";
                }
            }

            model.Apply(batch);
            Look(model, batch.Last);
        }

        if (era.Batches.Select(b => b.Contradiction).FirstOrDefault(c => c is not null) is { } said)
        {
            return said;
        }

        SubmittedBatch? left = refused.Find(r => !explained.Contains(r));
        return left is null
            ? null
            : $"write {left.Index} was refused because of version {left.Conflict!.Actual}, which "
                + "its key had at no moment of the call";

        void Look(EngineModel now, long at)
        {
            foreach (SubmittedBatch one in refused)
            {
                Conflict conflict = one.Conflict!;
                if ((one.RefusedAt == 0 || at <= one.RefusedAt)
                    && conflict.Actual != conflict.Expected
                    && now.VersionOf(conflict.Keyspace, conflict.Key.ToArray(), one.Ticks)
                        == conflict.Actual)
                {
                    // The last state at or below the floor counts, and all later ones.
                    explained.Add(one);
                }
                else if (at <= one.Floor)
                {
                    explained.Remove(one);
                }
            }
        }
    }
}
