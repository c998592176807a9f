using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Conformance.Backends;

/// <summary>An engine on real threads, in files or in memory; a step closes and opens it.</summary>
internal sealed class EngineSession : StoreSession
{
    private readonly LogEnvironment _environment;
    private readonly ScratchDirectory? _scratch;

    private EngineSession(LogEnvironment environment, ScratchDirectory? scratch)
    {
        _environment = environment;
        _scratch = scratch;
        Directory = scratch?.Path ?? "/memory";
    }

    protected override IFileSystem Files => _environment.Files;

    protected override string Directory { get; }

    internal static StoreSession OfFiles() =>
        new EngineSession(LogEnvironment.Real, new ScratchDirectory());

    internal static StoreSession OfMemory() => new EngineSession(LogEnvironment.InMemory(), null);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _scratch?.Dispose();
    }

    protected override async ValueTask<StorageEngine> OpenEngineAsync() => await EmbeddedEngine.OpenAsync(
        _environment, Directory, Options with { TimeProvider = Time }, CancellationToken.None);
}
