using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LogEngine.Stores;
using LogEngine.Stores.Messages;
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
    private const string Trimming =
        "The type is found by reflection; give a JsonTypeInfo<T> where code is trimmed or compiled ahead.";

    internal LogEngineBuilder(IServiceCollection services, string name)
    {
        Services = services;
        Name = name;
    }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The engine's name: its key in the container.</summary>
    public string Name { get; }

    /// <summary>
    /// A queue; a keyed <see cref="DurableQueue"/>, and with it the keyed <see cref="RecurringMessages"/>.
    /// </summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentException">
    /// The name is empty or taken, or an option is out of its range.
    /// </exception>
    public LogEngineBuilder AddQueue(string queue, QueueOptions? options = null)
    {
        options ??= new QueueOptions();
        options.Validate();
        AddStore<DurableQueue>(queue, async (engine, cancellationToken) => await engine
            .OpenQueueAsync(queue, options, cancellationToken).ConfigureAwait(false));
        Services.AddKeyedSingleton(queue, static (services, name) =>
            new RecurringMessages(services.GetRequiredKeyedService<DurableQueue>(name)));
        return this;
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

    /// <summary>
    /// A handler of the messages of one type in a queue. The queue gets a processor, which runs for as long as the
    /// application runs and gives each message to the handler of its type: the header
    /// <see cref="MessageType.Header"/>, which the typed forms of <see cref="JsonMessages"/> write.
    /// </summary>
    /// <typeparam name="T">The type of the bodies.</typeparam>
    /// <typeparam name="THandler">Deals with them; resolved from a scope for each message.</typeparam>
    /// <param name="queue">A queue of this engine.</param>
    /// <param name="type">The name of the type, and how bodies are read.</param>
    /// <exception cref="ArgumentException">The queue has a handler for this type already.</exception>
    public LogEngineBuilder AddQueueHandler<
        T,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string queue, MessageType<T> type)
        where T : notnull
        where THandler : class, IQueueHandler<T>
    {
        ArgumentNullException.ThrowIfNull(type);
        ProcessingOf(queue).Add(type.Name, new TypedHandler<T, THandler>(type));
        Services.TryAddScoped<THandler>();
        return this;
    }

    /// <inheritdoc cref="AddQueueHandler{T, THandler}(string, MessageType{T})" path="*[not(self::param)]"/>
    /// <param name="queue">A queue of this engine.</param>
    /// <param name="type">How bodies are read, from a source-generated context.</param>
    public LogEngineBuilder AddQueueHandler<
        T,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string queue, JsonTypeInfo<T> type)
        where T : notnull
        where THandler : class, IQueueHandler<T> =>
        AddQueueHandler<T, THandler>(queue, MessageType.Of(type));

    /// <inheritdoc cref="AddQueueHandler{T, THandler}(string, MessageType{T})" path="*[not(self::param)]"/>
    /// <param name="queue">A queue of this engine.</param>
    /// <param name="options">How bodies are read, such as <see cref="JsonSerializerOptions.Web"/>.</param>
    [RequiresUnreferencedCode(Trimming)]
    [RequiresDynamicCode(Trimming)]
    public LogEngineBuilder AddQueueHandler<
        T,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string queue, JsonSerializerOptions options)
        where T : notnull
        where THandler : class, IQueueHandler<T> =>
        AddQueueHandler<T, THandler>(queue, MessageType.Of<T>(options));

    /// <summary>A handler of all messages of a queue that no handler of their type takes.</summary>
    /// <typeparam name="THandler">Deals with them; resolved from a scope for each message.</typeparam>
    /// <param name="queue">A queue of this engine.</param>
    /// <exception cref="ArgumentException">The queue has such a handler already.</exception>
    public LogEngineBuilder AddQueueHandler<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        string queue)
        where THandler : class, IQueueHandler<QueueDelivery>
    {
        ProcessingOf(queue).AddForOthers(new DeliveryHandler<THandler>());
        Services.TryAddScoped<THandler>();
        return this;
    }

    /// <summary>
    /// Says how the processor of a queue works, which its first handler brings; before or after the handlers are
    /// added.
    /// </summary>
    /// <param name="queue">A queue of this engine.</param>
    /// <param name="options">Options of the processor.</param>
    /// <param name="unknown">What happens to a message whose type no handler takes.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public LogEngineBuilder ConfigureQueueProcessor(
        string queue,
        QueueProcessorOptions options,
        UnknownMessages unknown = UnknownMessages.DeadLetter)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        QueueProcessing processing = ProcessingOf(queue);
        processing.Options = options;
        processing.Unknown = unknown;
        return this;
    }

    /// <summary>
    /// Looks after the recurring messages of a queue for as long as the application runs: those that are set at
    /// run time with the keyed <see cref="RecurringMessages"/>, and those that code names.
    /// </summary>
    /// <param name="queue">A queue of this engine.</param>
    /// <param name="messages">
    /// Set when the application starts. One that code names no longer goes on until it is removed
    /// (<see cref="RecurringMessages.RemoveAsync"/>).
    /// </param>
    /// <exception cref="ArgumentException">Something about a message is out of its range.</exception>
    public LogEngineBuilder AddRecurringMessages(string queue, params RecurringMessage[] messages)
    {
        ArgumentException.ThrowIfNullOrEmpty(queue);
        ArgumentNullException.ThrowIfNull(messages);
        foreach (RecurringMessage message in messages)
        {
            message.Validate();
        }

        RecurringQueue? place = Added<RecurringQueue>(added => added.Queue == queue);
        if (place is null)
        {
            place = new RecurringQueue(queue);
            Services.AddSingleton(place);
            Services.TryAddSingleton<BackgroundWork>();
            Services.AddSingleton<IHostedService>(services => new RecurringService(
                place,
                services,
                services.GetRequiredService<BackgroundWork>(),
                services.GetRequiredService<ILoggerFactory>()));
        }

        place.Messages.AddRange(messages);
        return this;
    }

    /// <summary>What is done with the messages of a queue.</summary>
    private QueueProcessing ProcessingOf(string queue)
    {
        ArgumentException.ThrowIfNullOrEmpty(queue);
        if (Added<QueueProcessing>(added => added.Queue == queue) is { } there)
        {
            return there;
        }

        QueueProcessing processing = new(queue);
        Services.AddSingleton(processing);
        Services.TryAddSingleton<BackgroundWork>();
        Services.TryAddScoped<ScopedContext>();
        Services.TryAddScoped(services => services.GetRequiredService<ScopedContext>().Context);
        Services.AddSingleton<IHostedService>(services => new QueueProcessorService(
            processing,
            services,
            services.GetRequiredService<BackgroundWork>(),
            services.GetRequiredService<ILoggerFactory>()));
        return processing;
    }

    /// <summary>What was added of a type before; of a queue's name there is one in all engines.</summary>
    private T? Added<T>(Func<T, bool> isIt)
        where T : class => Services
            .Select(service => service.IsKeyedService ? null : service.ImplementationInstance)
            .OfType<T>()
            .FirstOrDefault(isIt);

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
