using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LogEngine.Extensions;

/// <summary>
/// Opens an engine and its stores before any service of the application starts, or earlier, for the first
/// one that asks for any of them, and closes them after all have stopped.
/// </summary>
internal sealed class EngineHost(
    string name,
    IConfiguration? section,
    IOptionsMonitor<LogEngineSettings> settings,
    EngineFactories factories,
    IEnumerable<StoreRegistration> registrations,
    ILoggerFactory loggers) : IHostedLifecycleService, IAsyncDisposable, IDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger("LogEngine.Extensions");
    private readonly Lock _gate = new();

    /// <summary>The opening, once it has begun; all who want the engine wait for the same.</summary>
    private Task<OpenedEngine>? _opening;

    /// <summary>The closing, once it has begun; nothing is opened after it.</summary>
    private Task? _closing;

    internal string Name => name;

    /// <summary>The engine, where it is open.</summary>
    internal StorageEngine? OpenEngine
    {
        get
        {
            lock (_gate)
            {
                return _closing is null && _opening is { IsCompletedSuccessfully: true } opened
                    ? opened.Result.Engine
                    : null;
            }
        }
    }

    /// <summary>How far it is.</summary>
    internal EngineState State
    {
        get
        {
            lock (_gate)
            {
                return _closing is not null ? EngineState.Closed
                    : _opening is null ? EngineState.NotOpened
                    : !_opening.IsCompleted ? EngineState.Opening
                    : _opening.IsCompletedSuccessfully ? EngineState.Open
                    : EngineState.Failed;
            }
        }
    }

    /// <summary>Why it could not be opened; null where it could, or was not yet.</summary>
    internal Exception? OpeningFailure
    {
        get
        {
            lock (_gate)
            {
                return _opening is { IsFaulted: true } failed ? failed.Exception.InnerException : null;
            }
        }
    }

    /// <summary>The engine; opened here and now where nobody has asked before.</summary>
    /// <exception cref="InvalidOperationException">The application has stopped.</exception>
    internal StorageEngine Engine => Opened().Engine;

    /// <summary>The engine by its own type.</summary>
    /// <exception cref="InvalidOperationException">
    /// It is another engine, or the application has stopped.
    /// </exception>
    internal EmbeddedEngine Embedded => Engine as EmbeddedEngine
        ?? throw new InvalidOperationException(
            $"LogEngine '{name}' is no embedded engine; ask for {nameof(StorageEngine)}.");

    /// <summary>A store, opened with its engine.</summary>
    /// <inheritdoc cref="Engine" path="/exception"/>
    internal TStore Store<TStore>(string store) =>
        (TStore)Opened().Stores[(typeof(TStore), store)];

    public async Task StartingAsync(CancellationToken cancellationToken) =>
        await OpenAsync(cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) =>
        await DisposeAsync().ConfigureAwait(false);

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _closing ??= Task.Run(() => CloseAsync(_opening));
            return new ValueTask(_closing);
        }
    }

    /// <summary>For containers that are not disposed asynchronously: the calling thread waits.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>
    /// A container makes its services on the calling thread, so whoever asks before the application has
    /// started waits here. The opening itself is on other threads, and takes none of the caller's locks.
    /// </summary>
    private OpenedEngine Opened() => OpenAsync(CancellationToken.None).GetAwaiter().GetResult();

    private Task<OpenedEngine> OpenAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _closing is null
                ? _opening ??= Task.Run(() => OpenCoreAsync(cancellationToken), cancellationToken)
                : throw new InvalidOperationException(
                    $"LogEngine '{name}' is closed: the application has stopped.");
        }
    }

    private async Task<OpenedEngine> OpenCoreAsync(CancellationToken cancellationToken)
    {
        LogEngineSettings chosen = settings.Get(name);
        IStorageEngineFactory factory = factories.Of(name, chosen.Engine);
        StorageEngine engine = await factory.OpenAsync(
            new EngineOpening(name, chosen, section, loggers), cancellationToken).ConfigureAwait(false);
        OpenedEngine opened = new(engine);
        try
        {
            foreach (StoreRegistration store in registrations.Where(r => r.Engine == name))
            {
                opened.Stores.Add(
                    (store.Type, store.Name),
                    await store.Open(engine, cancellationToken).ConfigureAwait(false));
            }
        }
        catch
        {
            await CloseAsync(opened).ConfigureAwait(false);
            throw;
        }

        Log.Opened(_logger, name, factory.Kind, opened.Stores.Count);
        return opened;
    }

    private async Task CloseAsync(Task<OpenedEngine>? opening)
    {
        if (opening is null)
        {
            return;
        }

        // One that failed to open has told so and has let go of everything.
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await CloseAsync(await opening.ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private async Task CloseAsync(OpenedEngine opened)
    {
        foreach (IAsyncDisposable store in opened.Stores.Values.OfType<IAsyncDisposable>())
        {
            await store.DisposeAsync().ConfigureAwait(false);
        }

        try
        {
            await opened.Engine.CloseAsync().ConfigureAwait(false);
            Log.Closed(_logger, name);
        }
        catch (StorageFaultedException fault)
        {
            // The application is stopping: it is told, and the next open recovers.
            Log.ClosedFaulted(_logger, name, fault);
        }
    }
}
