namespace LogEngine.Testing.Model;

/// <summary>
/// What was submitted since an engine was last seen whole, and what it held then.
/// </summary>
internal sealed class EngineEra(EngineModel start, long startSequence)
{
    private readonly List<SubmittedBatch> _batches = [];

    internal EngineModel Start { get; } = start;

    internal long StartSequence { get; } = startSequence;

    /// <summary>In the order of submission.</summary>
    internal IReadOnlyList<SubmittedBatch> Batches => _batches;

    internal void Add(SubmittedBatch batch) => _batches.Add(batch);
}
