using Rebus.Config;
using Rebus.Logging;
using Rebus.Pipeline;
using Rebus.Pipeline.Receive;
using Rebus.Transport;
using Rebus.Workers.ThreadPoolBased;

namespace LogEngine.Rebus;

/// <summary>Lets Rebus send and receive through the durable queues of an engine.</summary>
public static class LogEngineTransportConfigurationExtensions
{
    /// <summary>
    /// Sends and receives through queues of an engine. Deferred messages wait in the queue of their recipient; no
    /// timeout manager is asked.
    /// </summary>
    /// <remarks>
    /// The engine belongs to the caller, is open before the bus starts, and is closed after the bus has been
    /// disposed. What is durable once a send or a handler has completed:
    /// <see cref="LogEngineTransportOptions.Durability"/>.
    /// </remarks>
    /// <param name="configurer">The configurer.</param>
    /// <param name="engine">The engine; its endpoints reach each other by the names of their queues.</param>
    /// <param name="inputQueueName">Name of the queue to receive from, 1 to 512 bytes of UTF-8.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentException">The name or an option is out of its range.</exception>
    public static void UseLogEngine(
        this StandardConfigurer<ITransport> configurer,
        StorageEngine engine,
        string inputQueueName,
        LogEngineTransportOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(inputQueueName);
        FinishedOperations finished = new();
        Register(configurer, engine, inputQueueName, options, finished);
        configurer.OtherService<IBackoffStrategy>().Decorate(c => finished.Instead(c.Get<IBackoffStrategy>()));
        configurer.OtherService<ITransportInspector>().Register(c => c.Get<LogEngineTransport>());
        configurer.OtherService<IPipeline>().Decorate(c => new PipelineStepInjector(c.Get<IPipeline>())
            .OnReceive(
                new CommitStep(), PipelineRelativePosition.Before, typeof(HandleDeferredMessagesStep)));
    }

    /// <summary>Sends through queues of an engine, and receives nothing.</summary>
    /// <inheritdoc cref="UseLogEngine"/>
    public static void UseLogEngineAsOneWayClient(
        this StandardConfigurer<ITransport> configurer,
        StorageEngine engine,
        LogEngineTransportOptions? options = null)
    {
        Register(configurer, engine, null, options, new FinishedOperations());
        OneWayClientBackdoor.ConfigureOneWayClient(configurer);
    }

    private static void Register(
        StandardConfigurer<ITransport> configurer,
        StorageEngine engine,
        string? inputQueueName,
        LogEngineTransportOptions? options,
        FinishedOperations finished)
    {
        ArgumentNullException.ThrowIfNull(configurer);
        ArgumentNullException.ThrowIfNull(engine);
        LogEngineTransportOptions checkedOptions = options ?? new LogEngineTransportOptions();
        checkedOptions.Validate();
        configurer.OtherService<LogEngineTransport>().Register(c => new LogEngineTransport(
            engine, inputQueueName, checkedOptions, finished, c.Get<IRebusLoggerFactory>()));
        configurer.Register(c => c.Get<LogEngineTransport>());

        // With an address to defer through, Rebus leaves due times to the transport, and a client that only
        // sends may defer too.
        configurer.OtherService<Options>().Decorate(c =>
        {
            Options bus = c.Get<Options>();
            bus.ExternalTimeoutManagerAddressOrNull ??= TransportMessages.DueTimes;
            return bus;
        });
    }
}
