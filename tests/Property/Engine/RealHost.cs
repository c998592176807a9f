namespace LogEngine.Properties.EngineModels;

/// <summary>An engine in memory, or in a directory of its own.</summary>
internal sealed class RealHost(bool inMemory) : EngineHost
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly ManualTime _time = new();
    private readonly ScratchDirectory? _scratch = inMemory ? null : new ScratchDirectory();

    internal override DateTimeOffset Now => _time.GetUtcNow();

    internal override bool Reopens => _scratch is not null;

    internal override EmbeddedEngine Open()
    {
        StorageEngineOptions options = Options with { TimeProvider = _time };
        return _scratch is null
            ? StorageEngine.OpenInMemory(options)
            : Wait(StorageEngine.OpenAsync(_scratch.Path, options));
    }

    internal override void Advance(TimeSpan by) => _time.Advance(by);

    internal override void Wait(Task task) =>
        task.WaitAsync(_patience).GetAwaiter().GetResult();

    public override void Dispose() => _scratch?.Dispose();
}
