using Orleans.Configuration;

namespace LogEngine.OrleansTests;

/// <summary>Real silos: restarts, two activations of one grain, configuration.</summary>
public sealed class SiloTests
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    [Fact]
    public async Task Grains_and_reminders_go_on_after_a_restart()
    {
        using ScratchDirectory directory = new();
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(directory.Path))
        {
            (IHost host, _) = await TestSilo.StartAsync(engine);
            Assert.False(await host.Counter("ada").ExistsAsync());
            Assert.Equal(3, await host.Counter("ada").AddAsync(3));
            Assert.Equal(5, await host.Counter("ada").AddAsync(2));
            await host.Counter("bob").AddAsync(1);
            await host.Counter("bob").ClearAsync();
            IReminderGrain reminded = host.Reminders("ada");
            await reminded.RegisterAsync("often", TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
            await reminded.RegisterAsync("later", _hour, _hour);
            await reminded.RegisterAsync("never", _hour, _hour);
            await reminded.UnregisterAsync("never");
            await UntilAsync(async () => await reminded.TicksAsync() > 0);
            await host.EndAsync();
        }

        await using EmbeddedEngine again = await StorageEngine.OpenAsync(directory.Path);
        (IHost after, _) = await TestSilo.StartAsync(again);
        Assert.Equal(5, await after.Counter("ada").ReadAsync());
        Assert.True(await after.Counter("ada").ExistsAsync());
        Assert.Equal(9, await after.Counter("ada").AddAsync(4));
        Assert.False(await after.Counter("bob").ExistsAsync());
        Assert.Equal(2, await after.Counter("bob").AddAsync(2));
        IReminderGrain still = after.Reminders("ada");
        Assert.Equal(["later", "often"], (await still.NamesAsync()).Order(StringComparer.Ordinal));
        int ticks = await still.TicksAsync();
        Assert.True(ticks > 0);
        await UntilAsync(async () => await still.TicksAsync() > ticks);
        await after.EndAsync();
    }

    [Fact]
    public async Task Of_two_activations_of_a_grain_the_one_that_is_behind_is_told_and_nothing_is_lost()
    {
        // Two clusters that should be one, as where membership is broken: each has its own activation.
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        (IHost one, _) = await TestSilo.StartAsync(engine);
        (IHost other, _) = await TestSilo.StartAsync(engine);
        Assert.Equal(0, await one.Counter("ada").ReadAsync());
        Assert.Equal(0, await other.Counter("ada").ReadAsync());
        Assert.Equal(1, await one.Counter("ada").AddAsync(1));

        await Assert.ThrowsAsync<InconsistentStateException>(() => other.Counter("ada").AddAsync(10));

        // Its activation is gone, and the next one has read.
        Assert.Equal(11, await other.Counter("ada").AddAsync(10));
        await Assert.ThrowsAsync<InconsistentStateException>(() => one.Counter("ada").ClearAsync());
        Assert.Equal(11, await one.Counter("ada").ReadAsync());
        await one.EndAsync();
        await other.EndAsync();
    }

    [Fact]
    public async Task Everything_can_come_from_configuration()
    {
        using ScratchDirectory directory = new();
        Dictionary<string, string?> configuration = new()
        {
            ["LogEngine:first:Engine"] = "memory",
            ["LogEngine:silo:Embedded:Directory"] = directory.Path,
            ["Orleans:GrainStorage:Default:ProviderType"] = "LogEngine",
            ["Orleans:GrainStorage:Default:ServiceKey"] = "silo",
            ["Orleans:GrainStorage:Default:Store"] = "counters",
            ["Orleans:GrainStorage:Default:DeleteStateOnClear"] = "true",
            ["Orleans:GrainStorage:Default:Durability"] = "ProcessCrash",
            ["Orleans:GrainStorage:ticks:ProviderType"] = "LogEngine",
            ["Orleans:Reminders:ProviderType"] = "LogEngine",
            ["Orleans:Reminders:Engine"] = "silo",
        };
        (IHost host, _) = await TestSilo.StartAsync(
            services =>
            {
                services.AddLogEngine("first");
                services.AddLogEngine("silo");
            },
            _ => { },
            configuration: configuration);
        await host.Counter("ada").AddAsync(3);
        await host.Reminders("ada").RegisterAsync("later", _hour, _hour);
        StorageEngine engine = host.Services.GetRequiredKeyedService<StorageEngine>("silo");
        Assert.Equal(
            ["logengine/orleans/reminders/service", "logengine/orleans/state/service"],
            await engine.ListKeyspacesAsync());
        await host.Counter("ada").ClearAsync();
        Assert.Equal(0, await engine.GetStoreKeyspace("logengine/orleans/state/service").CountAsync());
        await host.EndAsync();

        // The application's engine is closed after the silo has stopped.
        await using EmbeddedEngine again = await StorageEngine.OpenAsync(directory.Path);
        Assert.Equal(1, await again.GetStoreKeyspace("logengine/orleans/reminders/service").CountAsync());
    }

    [Theory]
    [InlineData("Durability", "Sometimes", "Durability is 'Sometimes'")]
    [InlineData("DeleteStateOnClear", "perhaps", "DeleteStateOnClear is 'perhaps'")]
    [InlineData("Durability", "MachineLoss", "which its engine cannot give")]
    [InlineData("Engine", "", "a name is empty")]
    [InlineData("Engine", "elsewhere", "the engine 'elsewhere'")]
    public async Task What_is_wrong_is_said_when_the_silo_starts(string key, string value, string said)
    {
        Dictionary<string, string?> configuration = new()
        {
            ["Orleans:GrainStorage:Default:ProviderType"] = "LogEngine",
            [$"Orleans:GrainStorage:Default:{key}"] = value,
        };
        Exception? told = await Record.ExceptionAsync(() => TestSilo.StartAsync(
            services => services.AddSingleton<StorageEngine>(StorageEngine.OpenInMemory()),
            _ => { },
            configuration: configuration));
        Assert.Contains(said, $"{told}", StringComparison.Ordinal);
        Assert.Contains(nameof(OrleansConfigurationException), $"{told}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_whose_name_is_too_long_is_told_so()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        OrleansConfigurationException told = await Assert.ThrowsAsync<OrleansConfigurationException>(
            () => Providers.OpenAsync(engine, service: new string('s', 1024)));
        Assert.Contains(nameof(ClusterOptions.ServiceId), told.Message, StringComparison.Ordinal);
    }

    internal static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (int look = 0; !await condition(); look++)
        {
            Assert.True(look < 3000, "what is waited for has not come");
            await Task.Delay(20);
        }
    }
}
