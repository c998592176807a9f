using LogEngine.Format;

namespace LogEngine.Testing.Model;

/// <summary>Compares a model with what was found.</summary>
internal sealed class ModelComparison(
    EngineModel model,
    EngineState found,
    EngineExpectation expected,
    IReadOnlyCollection<SubmittedBatch> order)
{
    /// <summary>First sequences of batches of unknown outcome, as values show them.</summary>
    private readonly Dictionary<SubmittedBatch, long> _firsts = [];

    /// <summary>The first difference; null where there is none.</summary>
    internal string? Difference() => KeyspaceDifference() ?? ValueDifference() ?? CountDifference();

    private string? KeyspaceDifference()
    {
        foreach (string name in model.Keyspaces.Keys)
        {
            if (!found.Counts.ContainsKey(name))
            {
                return $"O2: keyspace '{name}' is gone";
            }
        }

        foreach ((string name, long count) in found.Counts)
        {
            if (!model.Keyspaces.ContainsKey(name))
            {
                // Made ahead of a batch that was refused, lost, or is still on its way.
                int dropped = order.Where(b => b.Operations.Any(o =>
                        o.Kind == OperationKind.DropKeyspace && o.Keyspace == name))
                    .Select(b => b.Index).DefaultIfEmpty(-1).Max();
                bool asked = expected.Era.Batches.Any(b => b.Index < expected.Submitted
                    && b.Index > dropped
                    && !order.Contains(b)
                    && (b.Operations.Any(o => o.Keyspace == name)
                        || b.Conditions.Any(c => c.Keyspace == name)));
                if (!asked || count != 0)
                {
                    return $"O3: keyspace '{name}' with {count} keys should not be there";
                }
            }
        }

        return null;
    }

    private string? ValueDifference()
    {
        int at = 0;
        foreach ((string name, SortedDictionary<byte[], ModelValue> keys) in model.Keyspaces)
        {
            foreach ((byte[] key, ModelValue value) in keys)
            {
                bool here = at < found.Values.Count
                    && found.Values[at].Keyspace == name
                    && found.Values[at].Key.AsSpan().SequenceEqual(key);
                if (!here)
                {
                    if (value.IsExpired(expected.LatestTicks))
                    {
                        continue;
                    }

                    return $"O2: {name}/{Convert.ToHexString(key)} of version {value.Version} is "
                        + $"missing (the log ends at {found.Sequence})" + Instead(at);
                }

                if (Difference(found.Values[at++], value) is { } problem)
                {
                    return problem;
                }
            }
        }

        return at == found.Values.Count
            ? null
            : $"O3: {EngineState.Text(found.Values[at])} should not be there (the log ends at "
                + $"{found.Sequence})";
    }

    /// <summary>Counts may still have what has expired; keyspaces that are begun have none.</summary>
    private string? CountDifference()
    {
        foreach ((string name, SortedDictionary<byte[], ModelValue> keys) in model.Keyspaces)
        {
            long count = found.Counts[name];
            int mayBeGone = keys.Values.Count(v => v.IsExpired(expected.LatestTicks));
            if (count > keys.Count || count < keys.Count - mayBeGone)
            {
                return $"O8: keyspace '{name}' counts {count} keys, the model has {keys.Count}, "
                    + $"{mayBeGone} of them expired";
            }
        }

        return null;
    }

    private string Instead(int at) => at < found.Values.Count
        ? $"; next comes {EngineState.Text(found.Values[at])}"
        : string.Empty;

    private string? Difference(FoundValue there, ModelValue value)
    {
        if (value.IsExpired(found.Ticks))
        {
            return $"{EngineState.Text(there)} is there, and has expired";
        }

        if (there.Hash != value.Hash || there.ExpiresTicks != value.ExpiresTicks)
        {
            return $"O3: {EngineState.Text(there)} has another value or expiry than version "
                + $"{value.Version} of the model";
        }

        if (value.Version != 0)
        {
            return there.Version == value.Version
                ? null
                : $"{EngineState.Text(there)} should have version {value.Version}";
        }

        long first = there.Version - value.Operation;
        SubmittedBatch batch = value.Batch!;
        if (first <= batch.Floor || !_firsts.TryAdd(batch, first) && _firsts[batch] != first)
        {
            return $"O1: {EngineState.Text(there)} is not of one batch with its siblings";
        }

        return null;
    }
}
