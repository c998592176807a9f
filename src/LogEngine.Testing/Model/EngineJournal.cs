namespace LogEngine.Testing.Model;

/// <summary>
/// A journal of what was asked of an engine and what it promised, kept outside the disk that
/// crashes.
/// </summary>
internal sealed class EngineJournal
{
    private readonly List<SubmittedBatch> _open = [];
    private long _durable;
    private long _written;
    private long _latestTicks;

    internal EngineEra Era { get; private set; } = new(new EngineModel(), 0);

    /// <summary>Says that a batch is about to be committed; its outcome is the task's.</summary>
    internal Task<CommitResult> Commit(
        EmbeddedEngine engine,
        IReadOnlyList<ModelOperation> operations,
        IReadOnlyList<ModelCondition> conditions,
        Durability durability,
        Func<Task<CommitResult>> commit)
    {
        long now = engine.TimeProvider.GetUtcNow().UtcTicks;
        _latestTicks = Math.Max(_latestTicks, now);
        SubmittedBatch batch = new(
            Era.Batches.Count, operations, conditions, durability, engine.VisibleSequence, now)
        {
            AfterFault = engine.Faulted.IsCompleted,
        };
        Era.Add(batch);
        try
        {
            batch.Task = commit();
        }
        catch (Exception error)
        {
            batch.Task = Task.FromException<CommitResult>(error);
        }

        _open.Add(batch);
        return batch.Task;
    }

    /// <summary>The engine has shown that everything up to a sequence is durable.</summary>
    internal void DurableShown(EmbeddedEngine engine)
    {
        _durable = Math.Max(_durable, engine.DurableSequence);

        // What a reader could see has been written: a kill of the process does not take it back.
        _written = Math.Max(_written, engine.VisibleSequence);
        _latestTicks = Math.Max(_latestTicks, engine.TimeProvider.GetUtcNow().UtcTicks);
        foreach (SubmittedBatch batch in _open)
        {
            if (batch.State == SubmittedBatch.Outcome.Refused)
            {
                batch.NoteRefusedAt(engine.VisibleSequence);
            }
        }
    }

    /// <summary>What must and may be there, as of now.</summary>
    internal EngineExpectation Now()
    {
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            SubmittedBatch batch = _open[i];
            if (batch.State == SubmittedBatch.Outcome.Unknown)
            {
                continue;
            }

            _open.RemoveAt(i);
            if (batch.State == SubmittedBatch.Outcome.Applied)
            {
                // What is acknowledged can be read, so it has been written, whatever was asked for.
                _written = Math.Max(_written, batch.Last);
                _durable = batch.Durability == Durability.PowerLoss
                    ? Math.Max(_durable, batch.Last)
                    : _durable;
            }
            else if (batch is { Conflict: { } conflict, Durability: Durability.PowerLoss })
            {
                // A refusal is only told once what it was judged against is as durable.
                _durable = Math.Max(_durable, conflict.Actual);
            }
        }

        return new EngineExpectation(
            Era, Era.Batches.Count, _durable, _written, _latestTicks);
    }

    /// <summary>
    /// An engine was opened after a death; what it shows is durable, the rest is gone.
    /// </summary>
    internal void Reopened(EngineState shown)
    {
        _open.Clear();
        Era = new EngineEra(EngineModel.Of(shown), shown.Sequence);
        _durable = shown.Sequence;
        _written = shown.Sequence;
    }
}
