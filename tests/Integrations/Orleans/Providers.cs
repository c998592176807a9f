namespace LogEngine.OrleansTests;

/// <summary>The providers of a silo that is not running, started as the silo would.</summary>
internal sealed class Providers : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly HashSet<string> _started = [];

    private Providers(IHost host) => _host = host;

    internal IGrainStorage Storage => Named("store");

    internal IReminderTable Reminders => _host.Services.GetRequiredService<IReminderTable>();

    /// <summary>A storage by its name.</summary>
    internal IGrainStorage Named(string name)
    {
        IGrainStorage storage = _host.Services.GetRequiredKeyedService<IGrainStorage>(name);
        lock (_started)
        {
            if (_started.Add(name))
            {
                new Lifecycle().Start(Assert.IsAssignableFrom<ILifecycleParticipant<ISiloLifecycle>>(storage));
            }
        }

        return storage;
    }

    internal static Task<Providers> OpenAsync(
        StorageEngine engine,
        Action<LogEngineGrainStorageOptions>? configure = null,
        string? service = null) => OpenAsync(
            engine,
            silo => silo.AddLogEngineGrainStorage("store", configure ?? (options => options.Engine = null)),
            service);

    internal static async Task<Providers> OpenAsync(
        StorageEngine engine, Action<ISiloBuilder> configure, string? service = null)
    {
        IHost host = TestSilo.Build(
            services => services.AddSingleton(engine),
            silo =>
            {
                silo.UseLocalhostClustering(serviceId: service ?? Guid.NewGuid().ToString("N"), clusterId: "cluster");
                configure(silo);
                silo.UseLogEngineReminderService();
            });
        Providers providers = new(host);
        await providers.Reminders.StartAsync(CancellationToken.None);
        return providers;
    }

    public async ValueTask DisposeAsync() => await ((IAsyncDisposable)_host).DisposeAsync();

    /// <summary>Starts what subscribes.</summary>
    private sealed class Lifecycle : ISiloLifecycle
    {
        private readonly List<ILifecycleObserver> _observers = [];

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => int.MaxValue;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            Assert.Equal(ServiceLifecycleStage.ApplicationServices, stage);
            _observers.Add(observer);
            return new MemoryStream();
        }

        internal void Start(ILifecycleParticipant<ISiloLifecycle> participant)
        {
            participant.Participate(this);
            Assert.True(Assert.Single(_observers).OnStart(CancellationToken.None).IsCompletedSuccessfully);
        }
    }
}
