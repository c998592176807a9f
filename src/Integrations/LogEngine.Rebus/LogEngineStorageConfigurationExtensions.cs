using System.Text.Json;
using Rebus.Config;
using Rebus.DataBus;
using Rebus.Sagas;
using Rebus.Subscriptions;
using Rebus.Time;
using Rebus.Timeouts;

namespace LogEngine.Rebus;

/// <summary>Lets Rebus keep sagas, subscriptions, timeouts and attachments in an engine.</summary>
/// <remarks>
/// The engine belongs to the caller, is open before the bus starts, and is closed after the bus has been disposed.
/// Buses that name the same store of the same engine share it.
/// </remarks>
public static class LogEngineStorageConfigurationExtensions
{
    /// <summary>
    /// Keeps sagas in an engine, as JSON. In a handler whose message came through LogEngine's transport on the same
    /// engine they are written in one commit with the acknowledgement and what the handler sends.
    /// </summary>
    /// <param name="configurer">The configurer.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="name">Name of the store.</param>
    /// <param name="json">How saga data is made JSON; the defaults of System.Text.Json where null.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static void StoreInLogEngine(
        this StandardConfigurer<ISagaStorage> configurer,
        StorageEngine engine,
        string name,
        JsonSerializerOptions? json = null)
    {
        Check(configurer, engine, name);
        configurer.Register(_ => new LogEngineSagaStorage(engine, name, json ?? JsonSerializerOptions.Default));
    }

    /// <summary>
    /// Keeps subscriptions in an engine. They are centralized: whoever publishes looks up the subscribers, and no
    /// messages are exchanged to subscribe.
    /// </summary>
    /// <param name="configurer">The configurer.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="name">Name of the store.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static void StoreInLogEngine(
        this StandardConfigurer<ISubscriptionStorage> configurer, StorageEngine engine, string name)
    {
        Check(configurer, engine, name);
        configurer.Register(_ => new LogEngineSubscriptionStorage(engine, name));
    }

    /// <summary>
    /// Keeps deferred messages in a queue of an engine until they are due, for buses that have another transport;
    /// LogEngine's own needs none. A message that is due is leased for a minute while it is sent, and sent again where
    /// that was not completed.
    /// </summary>
    /// <param name="configurer">The configurer.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="queueName">Name of the queue, which is nobody's input queue.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static void StoreInLogEngine(
        this StandardConfigurer<ITimeoutManager> configurer, StorageEngine engine, string queueName)
    {
        Check(configurer, engine, queueName);
        configurer.Register(_ => new LogEngineTimeoutManager(engine, queueName));
    }

    /// <summary>Keeps attachments in a store of blobs of an engine, each under its id as a name.</summary>
    /// <param name="configurer">The configurer.</param>
    /// <param name="engine">The engine.</param>
    /// <param name="name">Name of the store of blobs.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static void StoreInLogEngine(
        this StandardConfigurer<IDataBusStorage> configurer, StorageEngine engine, string name)
    {
        Check(configurer, engine, name);
        configurer.OtherService<LogEngineDataBusStorage>().Register(
            c => new LogEngineDataBusStorage(engine, name, c.Get<IRebusTime>()));
        configurer.Register(c => c.Get<LogEngineDataBusStorage>());
        configurer.OtherService<IDataBusStorageManagement>().Register(c => c.Get<LogEngineDataBusStorage>());
    }

    private static void Check(object configurer, StorageEngine engine, string name)
    {
        ArgumentNullException.ThrowIfNull(configurer);
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentException.ThrowIfNullOrEmpty(name);
    }
}
