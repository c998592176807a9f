using LogEngine.Extensions;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Unit.Hosting;

/// <summary>The engines of an application, looked at from outside.</summary>
public sealed class RegisteredEngineTests
{
    [Fact]
    public async Task All_engines_are_there_in_order_and_none_is_opened_by_looking()
    {
        ServiceCollection services = [];
        services.AddLogging();
        services.AddLogEngine("one", settings => settings.Engine = LogEngineSettings.MemoryKind);
        services.AddLogEngine("two", settings => settings.Engine = LogEngineSettings.MemoryKind);
        ServiceProvider provider = services.BuildServiceProvider();
        RegisteredEngine[] engines = [.. provider.GetServices<RegisteredEngine>()];
        await using (provider)
        {
            Assert.Equal(["one", "two"], engines.Select(engine => engine.Name));
            Assert.All(engines, engine => Assert.Equal(
                (EngineState.NotOpened, null, null), (engine.State, engine.Engine, engine.OpeningFailure)));
            StorageEngine two = provider.GetRequiredKeyedService<StorageEngine>("two");
            Assert.Equal((EngineState.Open, two), (engines[1].State, engines[1].Engine));
            Assert.Equal(EngineState.NotOpened, engines[0].State);
        }

        Assert.Equal((EngineState.Closed, null), (engines[1].State, engines[1].Engine));
    }

    [Fact]
    public async Task An_opening_that_goes_on_or_has_failed_is_told_without_waiting()
    {
        TaskCompletionSource<StorageEngine> opened = new();
        ServiceCollection services = [];
        services.AddLogging();
        services.AddSingleton<IStorageEngineFactory>(new WaitingFactory(opened.Task));
        services.AddLogEngine("late", settings => settings.Engine = "waiting");
        await using ServiceProvider provider = services.BuildServiceProvider();
        RegisteredEngine engine = provider.GetRequiredService<RegisteredEngine>();
        Task asking = Task.Run(() => provider.GetRequiredKeyedService<StorageEngine>("late"));
        await Eventually.IsTrueAsync(() => engine.State == EngineState.Opening, "it is being opened");
        Assert.Null(engine.Engine);
        StorageNotFoundException failure = new("nowhere");
        opened.SetException(failure);
        await Assert.ThrowsAsync<StorageNotFoundException>(() => asking);
        Assert.Equal((EngineState.Failed, failure), (engine.State, engine.OpeningFailure));
    }

    private sealed class WaitingFactory(Task<StorageEngine> opened) : IStorageEngineFactory
    {
        public string Kind => "waiting";

        public IEnumerable<string> Validate(EngineOpening opening) => [];

        public async ValueTask<StorageEngine> OpenAsync(
            EngineOpening opening, CancellationToken cancellationToken) => await opened;
    }
}
