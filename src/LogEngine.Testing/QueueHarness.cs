using LogEngine.Extensions;
using LogEngine.Stores.Queues;
using LogEngine.Testing.Handlers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogEngine.Testing;

/// <summary>
/// An application's queues and handlers, as its own code adds them, on engines in memory and a clock that stands
/// still: messages are handled when the test says so, one after the other, and time passes when it says so.
/// </summary>
/// <remarks>
/// Not thread-safe. Whatever kinds of engines the code chooses, all are in memory. Hosted services are not started:
/// processors and recurring messages run inside <see cref="RunUntilIdleAsync"/>. A handler that waits for
/// the clock waits until the test advances it.
/// </remarks>
public sealed class QueueHarness : IAsyncDisposable, IDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<HandledMessage> _handled = [];
    private readonly List<HandledQueue> _queues = [];
    private readonly List<RecurringMessages> _recurring = [];

    private QueueHarness(ServiceProvider services, ManualClock clock)
    {
        _services = services;
        Clock = clock;
    }

    /// <summary>The application's services.</summary>
    public IServiceProvider Services => _services;

    /// <summary>
    /// The clock of the engines; also the <see cref="TimeProvider"/> among the services.
    /// </summary>
    public ManualClock Clock { get; }

    /// <summary>Every delivery so far, in order.</summary>
    public IReadOnlyList<HandledMessage> Handled => _handled;

    /// <summary>Starts what an application has.</summary>
    /// <param name="configure">
    /// Adds the application's services, engines and handlers; what it should have in a test instead, behind them.
    /// </param>
    /// <param name="start">The time on the clock; midnight of 1 January 2030 in UTC where null.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ArgumentException">Something that was added is wrong.</exception>
    public static async ValueTask<QueueHarness> StartAsync(
        Action<IServiceCollection> configure,
        DateTimeOffset? start = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        ManualClock clock = new(start);
        ServiceCollection services = new();
        services.TryAddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.TryAddSingleton(typeof(ILogger<>), typeof(Logger<>));
        configure(services);

        // An engine whose settings come from the application's configuration is in memory without it.
        services.TryAddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock));
        services.PostConfigureAll<LogEngineSettings>(settings => PutInMemory(settings, clock));
        QueueHarness harness = new(services.BuildServiceProvider(), clock);
        try
        {
            await harness.StartCoreAsync(cancellationToken).ConfigureAwait(false);
            return harness;
        }
        catch
        {
            await harness.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A queue, to enqueue into and to look at.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="InvalidOperationException">There is none of that name.</exception>
    public DurableQueue Queue(string name) =>
        _services.GetRequiredKeyedService<DurableQueue>(name);

    /// <summary>
    /// Enqueues what recurs and is due, and handles messages one after the other, queue by queue in the order in
    /// which they were added, until nothing is ready any more. What waits for its time is not waited for.
    /// </summary>
    /// <param name="cancellationToken">Ends it between two messages.</param>
    /// <returns>Deliveries that were handled.</returns>
    public async ValueTask<int> RunUntilIdleAsync(CancellationToken cancellationToken = default)
    {
        int before = _handled.Count;
        int seen;
        do
        {
            seen = _handled.Count;
            foreach (RecurringMessages recurring in _recurring)
            {
                await recurring.RunDueAsync(cancellationToken).ConfigureAwait(false);
            }

            foreach (HandledQueue queue in _queues)
            {
                while (await queue.TryHandleNextAsync(cancellationToken).ConfigureAwait(false))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        while (_handled.Count > seen);
        return _handled.Count - before;
    }

    /// <summary>Lets time pass, and then runs until idle.</summary>
    /// <param name="by">How much time passes.</param>
    /// <param name="step">
    /// Passes in steps of this length, and runs until idle after each, as an application does that runs all the
    /// while; null for one step, as one that was stopped meanwhile.
    /// </param>
    /// <param name="cancellationToken">Ends it between two messages.</param>
    /// <returns>Deliveries that were handled.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative, or the step is zero.</exception>
    public async ValueTask<int> AdvanceAsync(
        TimeSpan by, TimeSpan? step = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan longest = step ?? by;
        if (step is not null)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(longest, TimeSpan.Zero, nameof(step));
        }

        int handled = 0;
        TimeSpan left = by;
        do
        {
            TimeSpan now = left < longest ? left : longest;
            Clock.Advance(now);
            left -= now;
            handled += await RunUntilIdleAsync(cancellationToken).ConfigureAwait(false);
        }
        while (left > TimeSpan.Zero);
        return handled;
    }

    /// <summary>The dead letters of a queue, by id.</summary>
    /// <param name="queue">The queue's name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidOperationException">There is none of that name.</exception>
    public async ValueTask<IReadOnlyList<DeadLetter>> DeadLettersAsync(
        string queue, CancellationToken cancellationToken = default)
    {
        List<DeadLetter> letters = [];
        await foreach (DeadLetter letter in Queue(queue).DeadLetters.ListAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            letters.Add(letter);
        }

        return letters;
    }

    /// <summary>Closes the engines and disposes the services.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (HandledQueue queue in _queues)
        {
            await queue.DisposeAsync().ConfigureAwait(false);
        }

        await _services.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>As <see cref="DisposeAsync"/>, while the calling thread waits.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static void PutInMemory(LogEngineSettings settings, ManualClock clock)
    {
        settings.Engine = LogEngineSettings.MemoryKind;
        Func<StorageEngineOptions, StorageEngineOptions>? configure = settings.Embedded.Configure;
        settings.Embedded.Configure = options =>
            (configure is null ? options : configure(options)) with { TimeProvider = clock };
    }

    private async ValueTask StartCoreAsync(CancellationToken cancellationToken)
    {
        foreach (RecurringQueue place in _services.GetServices<RecurringQueue>())
        {
            _recurring.Add(await place.SetAllAsync(_services, cancellationToken).ConfigureAwait(false));
        }

        foreach (QueueProcessing processing in _services.GetServices<QueueProcessing>()
            .Where(processing => processing.HasHandlers))
        {
            _queues.Add(new HandledQueue(
                processing, Queue(processing.Queue), _services, _handled));
        }
    }
}
