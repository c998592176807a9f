using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace LogEngine.OrleansTests;

/// <summary>Silos on free ports of this machine.</summary>
internal static class TestSilo
{
    /// <summary>A silo with counters and reminders on an engine that is open, and stays so.</summary>
    internal static Task<(IHost Host, int Port)> StartAsync(
        StorageEngine engine, string service = "service", int? primary = null) => StartAsync(
            services => services.AddSingleton(engine),
            silo => silo
                .AddLogEngineGrainStorageAsDefault()
                .AddLogEngineGrainStorage("ticks", options => options.DeleteStateOnClear = true)
                .UseLogEngineReminderService(),
            service,
            primary);

    /// <summary>A running silo; between finding ports free and taking them another process may be faster.</summary>
    internal static async Task<(IHost Host, int Port)> StartAsync(
        Action<IServiceCollection> add,
        Action<ISiloBuilder> configure,
        string service = "service",
        int? primary = null,
        Dictionary<string, string?>? configuration = null)
    {
        for (int attempt = 1; ; attempt++)
        {
            (int silo, int gateway) = FreePorts();
            IHost host = Build(add, builder => configure(builder.UseLocalhostClustering(
                silo,
                gateway,
                primary is { } port ? new IPEndPoint(IPAddress.Loopback, port) : null,
                service,
                "cluster")), configuration);
            try
            {
                await host.StartAsync();
                return (host, silo);
            }
            catch (Exception error)
            {
                host.Dispose();
                if (attempt == 5 || !IsTaken(error))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>One that is not running: its providers can be used.</summary>
    internal static IHost Build(
        Action<IServiceCollection> add,
        Action<ISiloBuilder> configure,
        Dictionary<string, string?>? configuration = null)
    {
        HostApplicationBuilder builder = new(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(configuration ?? []);
        builder.Logging.ClearProviders();
        add(builder.Services);
        builder.UseOrleans(silo =>
        {
            configure(silo);
            silo.Configure<ReminderOptions>(options =>
            {
                options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100);
                options.RefreshReminderListPeriod = TimeSpan.FromSeconds(1);
            });
        });
        return builder.Build();
    }

    internal static ICounterGrain Counter(this IHost host, string key) =>
        host.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>(key);

    internal static IReminderGrain Reminders(this IHost host, string key) =>
        host.Services.GetRequiredService<IGrainFactory>().GetGrain<IReminderGrain>(key);

    internal static async Task EndAsync(this IHost host)
    {
        await host.StopAsync();
        host.Dispose();
    }

    private static (int Silo, int Gateway) FreePorts()
    {
        using TcpListener one = new(IPAddress.Loopback, 0);
        using TcpListener other = new(IPAddress.Loopback, 0);
        one.Start();
        other.Start();
        return (((IPEndPoint)one.LocalEndpoint).Port, ((IPEndPoint)other.LocalEndpoint).Port);
    }

    private static bool IsTaken(Exception? error) => error switch
    {
        null => false,
        SocketException socket => socket.SocketErrorCode == SocketError.AddressAlreadyInUse,
        AggregateException many => many.InnerExceptions.Any(IsTaken),
        _ => IsTaken(error.InnerException),
    };
}
