using System.Diagnostics.CodeAnalysis;
using LogEngine;
using LogEngine.AspNetCore;
using LogEngine.Extensions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Has what ASP.NET Core caches and keeps in a LogEngine, where it survives a restart.</summary>
public static class LogEngineAspNetCoreExtensions
{
    private const string DataProtectionKeyspace = "data-protection";

    /// <summary>
    /// An <see cref="IDistributedCache"/>, which is an <see cref="IBufferDistributedCache"/> too, in a keyspace of an
    /// engine: what session state, <c>HybridCache</c> and the application's own code keep in it survives a restart.
    /// It is the last one added that the framework takes.
    /// </summary>
    /// <remarks>
    /// <para>
    /// An entry is there until its expiry, by the engine's clock, is removed or replaced; one without any expiry stays
    /// for ever. A read or a refresh renews a sliding expiry once a tenth of its window has passed since the last time,
    /// and never beyond an absolute one: an entry may be gone after nine tenths of the window without a read. What is
    /// renewed survives a crash of the process, as <see cref="Durability.ProcessCrash"/> says.
    /// </para>
    /// <para>
    /// A key is any string. One of more than 2,048 bytes of UTF-8 is kept by its SHA-256. A value is up to 64 MiB less
    /// 20 bytes, else a <see cref="RecordTooLargeException"/>. A row that is damaged, or is none of the cache, is a miss and
    /// logged; all other errors are those of <see cref="Keyspace"/>. The forms that are not asynchronous block
    /// the calling thread.
    /// </para>
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options; null for all defaults. Checked when the application starts.</param>
    public static IServiceCollection AddLogEngineDistributedCache(
        this IServiceCollection services, Action<LogEngineDistributedCacheOptions>? configure = null) =>
        AddCache<IDistributedCache, LogEngineDistributedCacheOptions>(
            services,
            configure,
            "The distributed cache",
            static (engine, options, logger) => new LogEngineDistributedCache(engine, options, logger));

    /// <summary>The same, in this engine.</summary>
    /// <param name="builder">The engine.</param>
    /// <param name="configure">
    /// Sets options; null for all defaults. <see cref="CacheOptions.Engine"/> is this one.
    /// </param>
    /// <inheritdoc cref="AddLogEngineDistributedCache" path="/remarks"/>
    public static LogEngineBuilder AddDistributedCache(
        this LogEngineBuilder builder, Action<LogEngineDistributedCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddLogEngineDistributedCache(In(builder.Name, configure));
        return builder;
    }

    /// <summary>
    /// An <see cref="IOutputCacheStore"/>, which is an <see cref="IOutputCacheBufferStore"/> too, in a keyspace of an
    /// engine. Before or after <c>services.AddOutputCache()</c>, which it does not replace.
    /// </summary>
    /// <remarks>
    /// A response and the index of its tags are written in one commit: after a crash both are there, or neither, and
    /// evicting by a tag leaves nothing behind. Keys and tags are any strings, of any length; a response is up to
    /// 64 MiB less 4 bytes. One that cannot be written is logged by the framework's middleware, and not cached.
    /// </remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options; null for all defaults. Checked when the application starts.</param>
    public static IServiceCollection AddLogEngineOutputCache(
        this IServiceCollection services, Action<LogEngineOutputCacheOptions>? configure = null) =>
        AddCache<IOutputCacheStore, LogEngineOutputCacheOptions>(
            services,
            configure,
            "The output cache",
            static (engine, options, logger) => new LogEngineOutputCacheStore(engine, options, logger));

    /// <summary>The same, in this engine.</summary>
    /// <param name="builder">The engine.</param>
    /// <param name="configure">
    /// Sets options; null for all defaults. <see cref="CacheOptions.Engine"/> is this one.
    /// </param>
    /// <inheritdoc cref="AddLogEngineOutputCache" path="/remarks"/>
    public static LogEngineBuilder AddOutputCacheStore(
        this LogEngineBuilder builder, Action<LogEngineOutputCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddLogEngineOutputCache(In(builder.Name, configure));
        return builder;
    }

    /// <summary>
    /// Keeps the keys of Data Protection in an engine, so that cookies and tokens are good after a restart, and in all
    /// processes that share the engine.
    /// </summary>
    /// <remarks>
    /// A key survives a power loss before it is used, and the loss of a machine where that is the engine's default.
    /// The rows are not encrypted by themselves: use the framework's <c>ProtectKeysWith…</c>, or keep what reads the
    /// engine's files away. A row that is no XML is an <see cref="LogEngine.Stores.UndecodableValueException"/>
    /// for whoever needs the keys, never passed over: it might be a revocation.
    /// </remarks>
    /// <param name="builder">Data Protection: <c>services.AddDataProtection()</c>.</param>
    /// <param name="engine">The engine's name; null for the one without a key.</param>
    /// <param name="keyspace">
    /// The keyspace that holds the keys and nothing else; <c>data-protection</c> where null.
    /// </param>
    /// <exception cref="ArgumentException">A name is empty, or that of the keyspace cannot be one.</exception>
    public static IDataProtectionBuilder PersistKeysToLogEngine(
        this IDataProtectionBuilder builder, string? engine = null, string? keyspace = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (engine is not null)
        {
            ArgumentException.ThrowIfNullOrEmpty(engine);
        }

        string name = keyspace ?? DataProtectionKeyspace;
        if (KeyspaceName.Problem(name) is { } problem)
        {
            throw new ArgumentException(problem, nameof(keyspace));
        }

        builder.Services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(provider =>
            new ConfigureOptions<KeyManagementOptions>(options => options.XmlRepository =
                new LogEngineXmlRepository(
                    Engines.Of(provider, engine, "The key ring of Data Protection"), name)));
        return builder;
    }

    /// <summary>A cache of an engine that its options name, as a service, with its options.</summary>
    private static IServiceCollection AddCache<
        TService,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TOptions>(
        IServiceCollection services,
        Action<TOptions>? configure,
        string what,
        Func<StorageEngine, TOptions, ILogger, TService> make)
        where TService : class
        where TOptions : CacheOptions
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<TOptions> options = services.AddOptions<TOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<TOptions>, CacheOptionsValidator<TOptions>>());
        options.ValidateOnStart();
        return services.AddSingleton(provider =>
        {
            TOptions found = provider.GetRequiredService<IOptions<TOptions>>().Value;
            return make(
                Engines.Of(provider, found.Engine, what),
                found,
                provider.GetRequiredService<ILoggerFactory>().CreateLogger(Log.Category));
        });
    }

    private static Action<TOptions> In<TOptions>(string engine, Action<TOptions>? configure)
        where TOptions : CacheOptions => options =>
        {
            configure?.Invoke(options);
            options.Engine = engine;
        };
}
