namespace LogEngine.Properties.EngineModels;

/// <summary>What a command does.</summary>
public enum EngineCommandKind
{
    Put,
    PutExpiring,
    Delete,
    Touch,
    DeleteRange,
    PutIfAbsent,
    CompareAndSet,
    CompareAndSetStale,
    Batch,
    ConditionalBatch,
    GetMany,
    ScanRange,
    HoldView,
    CheckViews,
    Flush,
    Snapshot,
    Compact,
    Drop,
    Advance,
    Reopen,
}

/// <summary>One command; what a kind does not need is ignored.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Keyspace">Number of the keyspace.</param>
/// <param name="First">Number of a key.</param>
/// <param name="Second">Number of another key.</param>
/// <param name="Length">Of a value.</param>
/// <param name="Durability">Of a write.</param>
public sealed record EngineCommand(
    EngineCommandKind Kind,
    int Keyspace,
    int First,
    int Second,
    int Length,
    Durability Durability)
{
    public override string ToString() =>
        $"{Kind}({Keyspace}:{First},{Second} {Length} {Durability})";
}
