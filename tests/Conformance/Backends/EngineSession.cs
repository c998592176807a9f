using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Conformance.Backends;

/// <summary>An engine on real threads, in files or in memory; a step closes and opens it.</summary>
internal sealed class EngineSession : StoreSession
{
    private readonly LogEnvironment _environment;
    private readonly ScratchDirectory? _scratch;
    private readonly ManualTime _time = new();

    private EngineSession(LogEnvironment environment, ScratchDirectory? scratch)
    {
        _environment = environment;
        _scratch = scratch;
        Directory = scratch?.Path ?? "/memory";
    }

    internal override TimeProvider Time => _time;

    protected override IFileSystem Files => _environment.Files;

    protected override string Directory { get; }

    internal static async Task<StoreSession> OpenFilesAsync() =>
        await new EngineSession(LogEnvironment.Real, new ScratchDirectory()).OpenAsync();

    internal static async Task<StoreSession> OpenMemoryAsync() =>
        await new EngineSession(LogEnvironment.InMemory(), null).OpenAsync();

    internal override void Advance(TimeSpan by) => _time.Advance(by);

    internal override async Task StepAsync()
    {
        await CloseQueueAsync();
        await Engine.CloseAsync();
        await OpenAsync();
    }

    internal override Task AtOnceAsync(int tasks, Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, tasks).Select(task => Task.Run(() => work(task))));

    public override async ValueTask DisposeAsync()
    {
        await CloseQueueAsync();
        await Engine.DisposeAsync();
        _scratch?.Dispose();
    }

    private async Task<EngineSession> OpenAsync()
    {
        Engine = await EmbeddedEngine.OpenAsync(
            _environment, Directory, Options with { TimeProvider = _time }, CancellationToken.None);
        return this;
    }
}
