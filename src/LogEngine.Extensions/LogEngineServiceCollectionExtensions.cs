using LogEngine;
using LogEngine.Extensions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds storage engines to an application.</summary>
public static class LogEngineServiceCollectionExtensions
{
    /// <summary>The section of an application's configuration that has a section for each engine.</summary>
    private const string Root = "LogEngine";

    /// <summary>
    /// An engine that is opened before the application's services start and closed after they have
    /// stopped: a keyed <see cref="StorageEngine"/> under its name, and <see cref="EmbeddedEngine"/> for what
    /// only that has; the first one also without a key. Its kind is <see cref="LogEngineSettings.Engine"/>.
    /// What asks for it earlier, in the constructor of a hosted service or a middleware, has it opened
    /// then, and waits for that. Without a host, disposing the container closes it.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The engine's name.</param>
    /// <param name="configure">Sets its settings.</param>
    /// <exception cref="ArgumentException">The name is empty, or an engine has it already.</exception>
    public static LogEngineBuilder AddLogEngine(
        this IServiceCollection services, string name, Action<LogEngineSettings> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        LogEngineBuilder builder = Add(services, name, static _ => null);
        services.AddOptions<LogEngineSettings>(name).Configure(configure).ValidateOnStart();
        return builder;
    }

    /// <summary>The same, with the settings of a configuration section.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The engine's name.</param>
    /// <param name="section">Where its settings are.</param>
    /// <exception cref="ArgumentException">The name is empty, or an engine has it already.</exception>
    public static LogEngineBuilder AddLogEngine(
        this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(section);
        LogEngineBuilder builder = Add(services, name, _ => section);
        services.AddOptions<LogEngineSettings>(name).Bind(section).ValidateOnStart();
        return builder;
    }

    /// <summary>
    /// The same, with the settings of the section <c>LogEngine:NAME</c> of the application's configuration: of the
    /// <see cref="IConfiguration"/> among the services, which every host has. It is looked at when the
    /// application starts, so a source that is added until then counts.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The engine's name, and that of its section.</param>
    /// <exception cref="ArgumentException">The name is empty, or an engine has it already.</exception>
    public static LogEngineBuilder AddLogEngine(this IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        string path = ConfigurationPath.Combine(Root, name);
        LogEngineBuilder builder = Add(
            services,
            name,
            provider => provider.GetService<IConfiguration>() is { } configuration
                ? configuration.GetSection(path)
                : throw new InvalidOperationException(
                    $"LogEngine '{name}' has its settings from the section '{path}' of the application's "
                    + "configuration, and there is no IConfiguration among the services: add one, or add "
                    + "the engine with a section or with settings from code."));
        services.AddOptions<LogEngineSettings>(name).BindConfiguration(path).ValidateOnStart();
        return builder;
    }

    /// <param name="services">The application's services.</param>
    /// <param name="name">The engine's name.</param>
    /// <param name="sectionOf">The section that has its settings; null where they come from code.</param>
    private static LogEngineBuilder Add(
        IServiceCollection services, string name, Func<IServiceProvider, IConfiguration?> sectionOf)
    {
        if (services.Any(service => service.IsKeyedService
            && service.ServiceType == typeof(EngineHost)
            && name.Equals(service.ServiceKey)))
        {
            throw new ArgumentException(
                $"LogEngine '{name}' has been added to these services before; each engine has a name "
                + "and a directory of its own. To use it in two places, add it once.",
                nameof(name));
        }

        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IStorageEngineFactory, EmbeddedEngineFactory>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IStorageEngineFactory, MemoryEngineFactory>());
        services.TryAddSingleton(provider => new EngineFactories(
            provider.GetServices<IStorageEngineFactory>()));
        services.AddSingleton<IValidateOptions<LogEngineSettings>>(
            provider => new LogEngineSettingsValidator(
                name,
                sectionOf(provider),
                provider.GetRequiredService<EngineFactories>(),
                provider.GetRequiredService<ILoggerFactory>()));
        services.AddKeyedSingleton(name, (provider, _) => new EngineHost(
            name,
            sectionOf(provider),
            provider.GetRequiredService<IOptionsMonitor<LogEngineSettings>>(),
            provider.GetRequiredService<EngineFactories>(),
            provider.GetServices<StoreRegistration>(),
            provider.GetRequiredService<ILoggerFactory>()));

        services.AddSingleton(provider => new RegisteredEngine(
            provider.GetRequiredKeyedService<EngineHost>(name)));

        // Opened in StartingAsync, which the host calls for all before it starts any.
        services.AddSingleton<IHostedService>(
            provider => provider.GetRequiredKeyedService<EngineHost>(name));
        services.AddKeyedSingleton(
            name, (provider, _) => provider.GetRequiredKeyedService<EngineHost>(name).Engine);
        services.TryAddSingleton(
            provider => provider.GetRequiredKeyedService<EngineHost>(name).Engine);

        // The same object by its own type, for those who back up and compact; the container disposes
        // what it makes, and this it has not made.
        services.AddKeyedSingleton(
            name, (provider, _) => provider.GetRequiredKeyedService<EngineHost>(name).Embedded);
        services.TryAddSingleton(
            provider => provider.GetRequiredKeyedService<EngineHost>(name).Embedded);
        return new LogEngineBuilder(services, name);
    }
}
