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
    /// <summary>
    /// An engine that is opened before the application's services start and closed after they have
    /// stopped: a keyed <see cref="StorageEngine"/> under its name; the first one also without a key.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The engine's name.</param>
    /// <param name="configure">Sets its settings.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static LogEngineBuilder AddLogEngine(
        this IServiceCollection services, string name, Action<LogEngineSettings> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<LogEngineSettings>(name).Configure(configure).ValidateOnStart();
        return Add(services, name);
    }

    /// <summary>The same, with the settings of a configuration section.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The engine's name.</param>
    /// <param name="section">Where its settings are.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static LogEngineBuilder AddLogEngine(
        this IServiceCollection services, string name, IConfiguration section)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(section);
        services.AddOptions<LogEngineSettings>(name).Bind(section).ValidateOnStart();
        return Add(services, name);
    }

    private static LogEngineBuilder Add(IServiceCollection services, string name)
    {
        services.AddSingleton<IValidateOptions<LogEngineSettings>>(
            new LogEngineSettingsValidator(name));
        services.AddKeyedSingleton(name, (provider, _) => new EngineHost(
            name,
            provider.GetRequiredService<IOptionsMonitor<LogEngineSettings>>(),
            provider.GetServices<StoreRegistration>(),
            provider.GetRequiredService<ILoggerFactory>()));

        // Opened in StartingAsync, which the host calls for all before it starts any.
        services.AddSingleton<IHostedService>(
            provider => provider.GetRequiredKeyedService<EngineHost>(name));
        services.AddKeyedSingleton(
            name, (provider, _) => provider.GetRequiredKeyedService<EngineHost>(name).Engine);
        services.TryAddSingleton(
            provider => provider.GetRequiredKeyedService<EngineHost>(name).Engine);
        return new LogEngineBuilder(services, name);
    }
}
