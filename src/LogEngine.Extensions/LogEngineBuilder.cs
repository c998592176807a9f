using System.Diagnostics.CodeAnalysis;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LogEngine.Extensions;

/// <summary>Adds to an engine what belongs to it.</summary>
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

    /// <summary>
    /// A queue that is opened with the engine; a keyed <see cref="DurableQueue"/> under its name.
    /// </summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <exception cref="ArgumentException">The name is empty, or an option is out of its range.</exception>
    public LogEngineBuilder AddQueue(string queue, QueueOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(queue);
        options ??= new QueueOptions();
        options.Validate();
        string engine = Name;
        Services.AddSingleton(new QueueRegistration(engine, queue, options));
        Services.AddKeyedSingleton(
            queue,
            (services, _) => services.GetRequiredKeyedService<EngineHost>(engine).Queue(queue));
        return this;
    }

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
        Services.AddSingleton<IHostedService>(services => new QueueProcessorService<THandler>(
            queue,
            options,
            services,
            services.GetRequiredService<IServiceScopeFactory>(),
            services.GetRequiredService<ILoggerFactory>()));
        return this;
    }
}
