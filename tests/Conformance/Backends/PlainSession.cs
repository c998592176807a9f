using LogEngine.Storage;

namespace LogEngine.Conformance.Backends;

/// <summary>An engine of the contract alone; a step closes it and opens it on the same store.</summary>
internal sealed class PlainSession : StoreSession
{
    private readonly PlainStore _store = new();
    private readonly ManualTime _time = new();

    private PlainSession() => Engine = new PlainEngine(_store, _time);

    internal override TimeProvider Time => _time;

    protected override IFileSystem Files =>
        throw new NotSupportedException("A plain engine has no files.");

    protected override string Directory =>
        throw new NotSupportedException("A plain engine has no directory.");

    internal static Task<StoreSession> OpenAsync() =>
        Task.FromResult<StoreSession>(new PlainSession());

    internal override void Advance(TimeSpan by) => _time.Advance(by);

    internal override async Task StepAsync()
    {
        await Engine.CloseAsync();
        Engine = new PlainEngine(_store, _time);
    }

    internal override Task AtOnceAsync(int tasks, Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, tasks).Select(task => Task.Run(() => work(task))));

    public override ValueTask DisposeAsync() => Engine.DisposeAsync();
}
