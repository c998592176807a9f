using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LogEngine.Extensions;

/// <summary>
/// Opens an engine and its stores before any service of the application starts, and closes them after
/// all have stopped.
/// </summary>
internal sealed class EngineHost(
    string name,
    IOptionsMonitor<LogEngineSettings> settings,
    IEnumerable<StoreRegistration> registrations,
    ILoggerFactory loggers) : IHostedLifecycleService, IAsyncDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("LogEngine.Extensions");
    private readonly Dictionary<(Type Type, string Name), object> _stores = [];
    private StorageEngine? _engine;

    internal string Name => name;

    /// <summary>The engine, where it is open.</summary>
    internal StorageEngine? OpenEngine => _engine;

    /// <exception cref="InvalidOperationException">The application has not started.</exception>
    internal StorageEngine Engine => _engine ?? throw new InvalidOperationException(
        $"LogEngine '{name}' is opened when the application starts; it has not, or it has stopped.");

    /// <exception cref="InvalidOperationException">The application has not started.</exception>
    internal TStore Store<TStore>(string store)
    {
        _ = Engine;
        return (TStore)_stores[(typeof(TStore), store)];
    }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        LogEngineSettings chosen = settings.Get(name);
        StorageEngineOptions options = chosen.ToOptions();
        options = options with { LoggerFactory = options.LoggerFactory ?? loggers };
        _engine = chosen.InMemory
            ? StorageEngine.OpenInMemory(options)
            : await StorageEngine.OpenAsync(chosen.Directory, options, cancellationToken)
                .ConfigureAwait(false);
        foreach (StoreRegistration store in registrations.Where(r => r.Engine == name))
        {
            _stores.Add(
                (store.Type, store.Name),
                await store.Open(_engine, loggers, cancellationToken).ConfigureAwait(false));
        }

        Log.Opened(_logger, name, chosen.InMemory ? "memory" : chosen.Directory, _stores.Count);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) =>
        await DisposeAsync().ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        if (_engine is not { } engine)
        {
            return;
        }

        _engine = null;
        foreach (IAsyncDisposable store in _stores.Values.OfType<IAsyncDisposable>())
        {
            await store.DisposeAsync().ConfigureAwait(false);
        }

        try
        {
            await engine.CloseAsync().ConfigureAwait(false);
            Log.Closed(_logger, name);
        }
        catch (EngineFaultedException fault)
        {
            // The application is stopping: it is told, and the next open recovers.
            Log.ClosedFaulted(_logger, name, fault);
        }
    }
}
