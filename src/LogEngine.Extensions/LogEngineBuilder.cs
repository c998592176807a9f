using System.Diagnostics.CodeAnalysis;
using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LogEngine.Extensions;

/// <summary>
/// Adds to an engine what belongs to it. All of it is opened with the engine and is a keyed service
/// under its own name, which no other of its type may have, in any engine of the application.
/// </summary>
public sealed class LogEngineBuilder
{
    internal LogEngineBuilder(IServiceCollection services, string name)
    {
        Services = services;
        Name = name;
    }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The engine's name: its key in the container.</summary>
    public string Name { get; }

    /// <summary>A queue; a keyed <see cref="DurableQueue"/>.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentException">
    /// The name is empty or taken, or an option is out of its range.
    /// </exception>
    public LogEngineBuilder AddQueue(string queue, QueueOptions? options = null)
    {
        options ??= new QueueOptions();
        options.Validate();
        return AddStore<DurableQueue>(queue, async (engine, cancellationToken) => await engine
            .OpenQueueAsync(queue, options, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A topic; a keyed <see cref="Topic"/>.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <inheritdoc cref="AddQueue" path="/exception"/>
    public LogEngineBuilder AddTopic(string topic, TopicOptions? options = null)
    {
        options ??= new TopicOptions();
        options.Validate();
        return AddStore<Topic>(topic, async (engine, cancellationToken) => await engine
            .OpenTopicAsync(topic, options, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A store of documents; a keyed <see cref="DocumentStore"/>.</summary>
    /// <param name="store">The store's name.</param>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public LogEngineBuilder AddDocumentStore(string store) =>
        AddStore<DocumentStore>(store, async (engine, cancellationToken) => await engine
            .OpenDocumentsAsync(store, cancellationToken).ConfigureAwait(false));

    /// <summary>A store of blobs; a keyed <see cref="BlobStore"/>.</summary>
    /// <param name="store">The store's name.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <inheritdoc cref="AddQueue" path="/exception"/>
    public LogEngineBuilder AddBlobStore(string store, BlobStoreOptions? options = null)
    {
        options ??= new BlobStoreOptions();
        options.Validate();
        return AddStore<BlobStore>(store, async (engine, cancellationToken) => await engine
            .OpenBlobsAsync(store, options, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>A log of runs; a keyed <see cref="RunLog"/>.</summary>
    /// <param name="store">The store's name.</param>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public LogEngineBuilder AddRunLog(string store) =>
        AddStore<RunLog>(store, async (engine, cancellationToken) => await engine
            .OpenRunsAsync(store, cancellationToken).ConfigureAwait(false));

    /// <summary>A store of checkpoints; a keyed <see cref="CheckpointStore"/>.</summary>
    /// <param name="store">The store's name.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public LogEngineBuilder AddCheckpointStore(
        string store, CheckpointStoreOptions? options = null) =>
        AddStore<CheckpointStore>(store, async (engine, cancellationToken) => await engine
            .OpenCheckpointsAsync(store, options, cancellationToken).ConfigureAwait(false));

    /// <summary>A processor of a queue that runs for as long as the application runs.</summary>
    /// <typeparam name="THandler">Deals with the messages; resolved from a scope for each.</typeparam>
    /// <param name="queue">A queue that was added.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public LogEngineBuilder AddQueueProcessor<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string queue, QueueProcessorOptions? options = null)
        where THandler : class, IQueueHandler
    {
        ArgumentException.ThrowIfNullOrEmpty(queue);
        options ??= new QueueProcessorOptions();
        options.Validate();
        Services.TryAddScoped<THandler>();
        Services.TryAddSingleton<ProcessorList>();
        string engine = Name;
        Services.AddSingleton<IHostedService>(services => new QueueProcessorService<THandler>(
            engine,
            queue,
            options,
            services,
            services.GetRequiredService<IServiceScopeFactory>(),
            services.GetRequiredService<ProcessorList>(),
            services.GetRequiredService<ILoggerFactory>()));
        return this;
    }

    private LogEngineBuilder AddStore<TStore>(
        string name,
        Func<StorageEngine, CancellationToken, ValueTask<object>> open)
        where TStore : class
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Services.Any(service => service.IsKeyedService
            && service.ServiceType == typeof(TStore)
            && name.Equals(service.ServiceKey)))
        {
            throw new ArgumentException(
                $"There is a {typeof(TStore).Name} named '{name}' already.", nameof(name));
        }

        string engine = Name;
        Services.AddSingleton(new StoreRegistration(engine, typeof(TStore), name, open));
        Services.AddKeyedSingleton(
            name,
            (services, _) => services.GetRequiredKeyedService<EngineHost>(engine)
                .Store<TStore>(name));
        return this;
    }
}
