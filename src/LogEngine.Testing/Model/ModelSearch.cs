namespace LogEngine.Testing.Model;

/// <summary>
/// Finds an order of batches that comes to the state that was found: those that were acknowledged
/// in the order of their sequences, and any of those of unknown outcome, each whole or not at all.
/// </summary>
internal sealed class ModelSearch(EngineExpectation expected, EngineState found)
{
    /// <summary>What was wrong with the first order that was tried, which is the likeliest.</summary>
    internal string? FirstProblem { get; private set; }

    /// <summary>The order; null where none comes to the state.</summary>
    internal IReadOnlyList<SubmittedBatch>? Find(
        IReadOnlyList<SubmittedBatch> known, IReadOnlyList<SubmittedBatch> unknown) =>
        Extend([], known, 0, unknown);

    private IReadOnlyList<SubmittedBatch>? Extend(
        List<SubmittedBatch> order,
        IReadOnlyList<SubmittedBatch> known,
        int next,
        IReadOnlyList<SubmittedBatch> unknown)
    {
        if (next < known.Count)
        {
            order.Add(known[next]);
            if (Extend(order, known, next + 1, unknown) is { } complete)
            {
                return complete;
            }

            order.RemoveAt(order.Count - 1);
        }
        else if (Judge(order) is { } problem)
        {
            FirstProblem ??= problem;
        }
        else
        {
            return [.. order];
        }

        foreach (SubmittedBatch one in unknown)
        {
            // What was visible when it was submitted comes before it.
            if (next < known.Count && known[next].First <= one.Floor)
            {
                continue;
            }

            order.Add(one);
            if (Extend(order, known, next, [.. unknown.Where(u => u != one)]) is { } complete)
            {
                return complete;
            }

            order.RemoveAt(order.Count - 1);
        }

        return null;
    }

    private string? Judge(List<SubmittedBatch> order)
    {
        EngineModel model = expected.Era.Start.Clone();
        foreach (SubmittedBatch batch in order)
        {
            model.Apply(batch);
        }

        return new ModelComparison(model, found, expected, order).Difference();
    }
}
