using LogEngine.Orleans;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Keeps the states and the reminders of grains in a storage engine.</summary>
/// <remarks>
/// The engine is a <see cref="LogEngine.StorageEngine"/> among the silo's services, as <c>services.AddLogEngine</c>
/// adds it: opened before the silo starts, closed after it has stopped. An embedded engine is one silo's; on PostgreSQL
/// the silos of a cluster share it.
/// </remarks>
public static class LogEngineSiloBuilderExtensions
{
    /// <summary>Keeps the states of grains that name no storage provider in an engine.</summary>
    /// <param name="builder">The silo.</param>
    public static ISiloBuilder AddLogEngineGrainStorageAsDefault(this ISiloBuilder builder) =>
        builder.AddLogEngineGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME);

    /// <summary>Keeps the states of grains that name no storage provider in an engine.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configureOptions">Sets options.</param>
    public static ISiloBuilder AddLogEngineGrainStorageAsDefault(
        this ISiloBuilder builder, Action<LogEngineGrainStorageOptions> configureOptions) =>
        builder.AddLogEngineGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);

    /// <summary>Keeps the states of grains that name no storage provider in an engine.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configureOptions">Sets options, with services where it needs some.</param>
    public static ISiloBuilder AddLogEngineGrainStorageAsDefault(
        this ISiloBuilder builder, Action<OptionsBuilder<LogEngineGrainStorageOptions>> configureOptions) =>
        builder.AddLogEngineGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configureOptions);

    /// <summary>Keeps states of grains in an engine.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name, as grains name it.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static ISiloBuilder AddLogEngineGrainStorage(this ISiloBuilder builder, string name) =>
        builder.ConfigureServices(services => Add(services, name, null));

    /// <summary>Keeps states of grains in an engine.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name, as grains name it.</param>
    /// <param name="configureOptions">Sets options.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static ISiloBuilder AddLogEngineGrainStorage(
        this ISiloBuilder builder, string name, Action<LogEngineGrainStorageOptions> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(configureOptions);
        return builder.ConfigureServices(services => Add(
            services, name, options => options.Configure(configureOptions)));
    }

    /// <summary>Keeps states of grains in an engine.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="name">The provider's name, as grains name it.</param>
    /// <param name="configureOptions">Sets options, with services where it needs some.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static ISiloBuilder AddLogEngineGrainStorage(
        this ISiloBuilder builder,
        string name,
        Action<OptionsBuilder<LogEngineGrainStorageOptions>> configureOptions)
    {
        ArgumentNullException.ThrowIfNull(configureOptions);
        return builder.ConfigureServices(services => Add(services, name, configureOptions));
    }

    /// <summary>Adds reminders to the silo, kept in an engine.</summary>
    /// <param name="builder">The silo.</param>
    /// <param name="configureOptions">Sets options; null for all defaults.</param>
    public static ISiloBuilder UseLogEngineReminderService(
        this ISiloBuilder builder, Action<LogEngineReminderTableOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddReminders();
        return builder.ConfigureServices(services =>
        {
            services.AddSingleton<IReminderTable, LogEngineReminderTable>();
            services.AddOptions<LogEngineReminderTableOptions>().Configure(configureOptions ?? (_ => { }));
            services.AddTransient<IConfigurationValidator, LogEngineReminderTableOptionsValidator>();
            services.ConfigureFormatter<LogEngineReminderTableOptions>();
        });
    }

    private static void Add(
        IServiceCollection services,
        string name,
        Action<OptionsBuilder<LogEngineGrainStorageOptions>>? configureOptions)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        configureOptions?.Invoke(services.AddOptions<LogEngineGrainStorageOptions>(name));
        services.AddTransient<IConfigurationValidator>(provider => new LogEngineGrainStorageOptionsValidator(
            name, provider.GetRequiredService<IOptionsMonitor<LogEngineGrainStorageOptions>>().Get(name)));
        services.AddTransient<
            IPostConfigureOptions<LogEngineGrainStorageOptions>,
            DefaultStorageProviderSerializerOptionsConfigurator<LogEngineGrainStorageOptions>>();
        services.ConfigureNamedOptionForLogging<LogEngineGrainStorageOptions>(name);
        services.AddGrainStorage(name, static (provider, of) =>
            ActivatorUtilities.CreateInstance<LogEngineGrainStorage>(
                provider,
                of,
                provider.GetRequiredService<IOptionsMonitor<LogEngineGrainStorageOptions>>().Get(of)));
    }
}
