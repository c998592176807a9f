using LogEngine;
using LogEngine.Extensions;
using LogEngine.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OpenTelemetry.PersistentStorage.Abstractions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives exporters persistent storage in a LogEngine.</summary>
public static class LogEngineOpenTelemetryExtensions
{
    /// <summary>
    /// A <see cref="PersistentBlobProvider"/>, which is a <see cref="LogEngineBlobProvider"/> too, in an engine of the
    /// container.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options; null for all defaults. Checked when the application starts.</param>
    public static IServiceCollection AddLogEngineBlobProvider(
        this IServiceCollection services, Action<LogEngineBlobProviderOptions>? configure = null)
    {
        AddOptions(services, Options.Options.DefaultName, configure);
        services.AddSingleton(provider => Make(provider, Options.Options.DefaultName));
        services.AddSingleton<PersistentBlobProvider>(
            provider => provider.GetRequiredService<LogEngineBlobProvider>());
        return services;
    }

    /// <summary>
    /// One of several, as a keyed service under its name, such as one each for traces, metrics and logs. Each has a
    /// store of its own, which is called so too unless the options say otherwise, and limits of its own.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">Its name.</param>
    /// <param name="configure">Sets options; null for all defaults. Checked when the application starts.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    public static IServiceCollection AddLogEngineBlobProvider(
        this IServiceCollection services,
        string name,
        Action<LogEngineBlobProviderOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        AddOptions(
            services,
            name,
            options =>
            {
                options.Store = name;
                configure?.Invoke(options);
            });
        services.AddKeyedSingleton(name, (provider, _) => Make(provider, name));
        services.AddKeyedSingleton<PersistentBlobProvider>(
            name, (provider, _) => provider.GetRequiredKeyedService<LogEngineBlobProvider>(name));
        return services;
    }

    /// <summary>The same, in this engine.</summary>
    /// <param name="builder">The engine.</param>
    /// <param name="configure">
    /// Sets options; null for all defaults. <see cref="LogEngineBlobProviderOptions.Engine"/> is this one.
    /// </param>
    public static LogEngineBuilder AddBlobProvider(
        this LogEngineBuilder builder, Action<LogEngineBlobProviderOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddLogEngineBlobProvider(options =>
        {
            configure?.Invoke(options);
            options.Engine = builder.Name;
        });
        return builder;
    }

    private static void AddOptions(
        IServiceCollection services, string name, Action<LogEngineBlobProviderOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<LogEngineBlobProviderOptions>, BlobOptionsValidator>());
        services.AddOptions<LogEngineBlobProviderOptions>(name)
            .Configure(configure ?? (_ => { }))
            .ValidateOnStart();
    }

    private static LogEngineBlobProvider Make(IServiceProvider services, string name)
    {
        LogEngineBlobProviderOptions options =
            services.GetRequiredService<IOptionsMonitor<LogEngineBlobProviderOptions>>().Get(name);
        string what = options.Engine is null ? "a storage engine" : $"the engine '{options.Engine}'";
        StorageEngine engine = (options.Engine is null
                ? services.GetService<StorageEngine>()
                : services.GetKeyedService<StorageEngine>(options.Engine))
            ?? throw new InvalidOperationException(
                $"Telemetry is kept in {what}, and there is none among the services: add it with "
                + "services.AddLogEngine.");
        return new LogEngineBlobProvider(engine, options);
    }
}
