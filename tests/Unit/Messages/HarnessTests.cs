using LogEngine.Extensions;
using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;
using LogEngine.Testing;
using LogEngine.Testing.Handlers;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Unit.Messages;

/// <summary>The harness does what an application would, when it is told to.</summary>
public sealed class HarnessTests
{
    private readonly Journal _journal = new();

    [Fact]
    public async Task Retries_wait_for_the_clock_and_end_in_the_dead_letters()
    {
        _journal.OnParcel = (_, _, _) => throw new InvalidOperationException("never");
        await using QueueHarness harness = await StartAsync(
            new QueueOptions { MaxDeliveries = 3 });
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);

        Assert.Equal(1, await harness.RunUntilIdleAsync());
        Assert.Equal(0, await harness.RunUntilIdleAsync());
        Assert.Equal(1, await harness.AdvanceAsync(TimeSpan.FromSeconds(1)));
        Assert.Equal(0, await harness.AdvanceAsync(TimeSpan.FromSeconds(1)));
        Assert.Equal(1, await harness.AdvanceAsync(TimeSpan.FromSeconds(1)));

        Assert.Equal(
            [HandledOutcome.Retried, HandledOutcome.Retried, HandledOutcome.DeadLettered],
            harness.Handled.Select(h => h.Outcome));
        Assert.Equal([1, 2, 3], harness.Handled.Select(h => h.DeliveryCount));
        Assert.Equal(
            [0, 1, 3],
            harness.Handled.Select(h => (int)(h.At - harness.Handled[0].At).TotalSeconds));
        Assert.Contains(
            "never", Assert.Single(await harness.DeadLettersAsync("post")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_handler_sends_on_is_handled_in_the_same_run()
    {
        await using QueueHarness harness = await StartAsync();
        DurableQueue post = harness.Queue("post");
        _journal.OnParcel = (parcel, context, _) =>
        {
            if (parcel.Number > 1)
            {
                post.Enqueue(
                    context.Batch, parcel with { Number = parcel.Number - 1 }, ParcelJson.Default.Parcel);
            }

            return default;
        };
        await post.EnqueueAsync(new Parcel(5, "Ada"), ParcelJson.Default.Parcel);
        Assert.Equal(5, await harness.RunUntilIdleAsync());
    }

    [Fact]
    public async Task Schedules_go_by_the_clock_in_steps_or_at_once()
    {
        MessageType<Parcel> type = MessageType.Of(ParcelJson.Default.Parcel);
        await using QueueHarness harness = await StartAsync(
            null,
            new RecurringMessage(
                "hourly",
                Recurrence.Cron("0 * * * *"),
                type.ToMessage(new Parcel(1, "Ada"))));
        Assert.Equal(0, await harness.RunUntilIdleAsync());
        Assert.Equal(1, await harness.AdvanceAsync(TimeSpan.FromHours(1)));

        // As if the application had been stopped for so long: one message stands for all.
        Assert.Equal(1, await harness.AdvanceAsync(TimeSpan.FromHours(5)));
        Assert.Equal(5, await harness.AdvanceAsync(TimeSpan.FromHours(5), TimeSpan.FromMinutes(20)));
        Assert.All(harness.Handled, h => Assert.Equal("parcel", h.Type));
        Assert.Equal(harness.Clock.GetUtcNow(), harness.Handled[^1].At);
    }

    [Fact]
    public async Task The_same_test_gives_the_same_deliveries()
    {
        Assert.Equal(await RunAsync(), await RunAsync());

        static async Task<List<string>> RunAsync()
        {
            HarnessTests test = new();
            Random random = new(1);
            test._journal.OnParcel = (_, _, _) =>
                random.Next(3) == 0 ? throw new InvalidOperationException() : default;
            await using QueueHarness harness = await test.StartAsync();
            for (int i = 0; i < 50; i++)
            {
                await harness.Queue("post").EnqueueAsync(
                    new Parcel(i, "Ada"),
                    ParcelJson.Default.Parcel,
                    message => message with { Lane = i % 3, Delay = TimeSpan.FromSeconds(i % 7) });
            }

            await harness.AdvanceAsync(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));
            Assert.True(harness.Handled.Count > 50);
            return [.. harness.Handled.Select(h => $"{h with { Error = null }}")];
        }
    }

    [Fact]
    public async Task The_clock_of_the_services_is_the_harness_s()
    {
        DateTimeOffset start = new(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);
        await using QueueHarness harness = await QueueHarness.StartAsync(
            services => services.AddLogEngine("main", settings => settings.Engine = "memory"), start);
        Assert.Same(harness.Clock, harness.Services.GetRequiredService<TimeProvider>());
        Assert.Same(
            harness.Clock, harness.Services.GetRequiredService<StorageEngine>().TimeProvider);
        Assert.Equal(start, harness.Clock.GetUtcNow());
    }

    [Fact]
    public async Task An_engine_of_the_configuration_is_in_memory_without_one()
    {
        await using QueueHarness harness = await QueueHarness.StartAsync(
            services => services.AddLogEngine("main").AddQueue("post"));
        Assert.IsType<EmbeddedEngine>(harness.Queue("post").Engine);
    }

    [Fact]
    public void Timers_fire_at_their_time_in_their_order()
    {
        ManualClock clock = new();
        DateTimeOffset start = clock.GetUtcNow();
        List<string> fired = [];
        void Note(object? name) => fired.Add($"{name} {(clock.GetUtcNow() - start).TotalSeconds}");
        using ITimer late = clock.CreateTimer(
            Note, "late", TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
        using ITimer often = clock.CreateTimer(
            Note, "often", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        using ITimer never = clock.CreateTimer(
            Note, "never", TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        never.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(["often 2", "often 4", "late 5", "often 6"], fired);
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.Advance(TimeSpan.FromTicks(-1)));
    }

    private ValueTask<QueueHarness> StartAsync(
        QueueOptions? options = null, params RecurringMessage[] recurring) =>
        QueueHarness.StartAsync(services =>
        {
            services.AddSingleton(_journal);
            services.AddScoped<Scoped>();
            services.AddLogEngine("main", settings => settings.Embedded.Directory = "/not/looked/at")
                .AddQueue("post", options)
                .AddQueueHandler<Parcel, ParcelHandler>("post", ParcelJson.Default.Parcel)
                .AddRecurringMessages("post", recurring);
        });
}
