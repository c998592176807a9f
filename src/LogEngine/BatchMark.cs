namespace LogEngine;

/// <summary>
/// How much had been added to a batch at a moment: <see cref="WriteBatch.Mark"/> gives it,
/// <see cref="WriteBatch.TruncateTo"/> takes back what was added since.
/// </summary>
public readonly record struct BatchMark
{
    internal BatchMark(WriteBatch batch, int operations, int conditions, int observers, int parts)
    {
        Batch = batch;
        Operations = operations;
        Conditions = conditions;
        Observers = observers;
        Parts = parts;
    }

    internal WriteBatch? Batch { get; }

    internal int Operations { get; }

    internal int Conditions { get; }

    internal int Observers { get; }

    internal int Parts { get; }
}
