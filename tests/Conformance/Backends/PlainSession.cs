namespace LogEngine.Conformance.Backends;

/// <summary>An engine of the contract alone; a step closes it and opens it on the same store.</summary>
internal sealed class PlainSession : ConformanceSession
{
    private readonly PlainStore _store = new();

    protected override ValueTask<StorageEngine> OpenEngineAsync() => new(new PlainEngine(_store, Time));
}
