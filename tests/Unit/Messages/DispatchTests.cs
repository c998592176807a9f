using LogEngine.Extensions;
using LogEngine.Stores;
using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;
using LogEngine.Testing;
using LogEngine.Testing.Handlers;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Unit.Messages;

/// <summary>Which handler gets a message, and what its end means.</summary>
public sealed class DispatchTests
{
    private readonly Journal _journal = new();

    [Fact]
    public async Task Each_type_goes_to_its_handler_in_a_scope_of_its_own()
    {
        await using QueueHarness harness = await StartAsync();
        DurableQueue queue = harness.Queue("post");
        await queue.EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);
        await queue.EnqueueAsync(new Letter("hello"), ParcelJson.Default.Letter);
        await queue.EnqueueAsync(new Parcel(2, "Bob"), ParcelJson.Default.Parcel);

        Assert.Equal(3, await harness.RunUntilIdleAsync());

        Assert.Equal(["parcel 1 to Ada", "letter hello", "parcel 2 to Bob"], _journal.Lines);
        Assert.Equal(2, _journal.Instances.Distinct().Count());
        Assert.All(_journal.Instances, scoped => Assert.True(((Scoped)scoped).IsDisposed));
        Assert.Equal(
            ["parcel", typeof(Letter).ToString(), "parcel"], harness.Handled.Select(h => h.Type));
        Assert.All(harness.Handled, h => Assert.Equal(HandledOutcome.Acknowledged, h.Outcome));
        Document<Letter>? note = await harness.Services.GetRequiredKeyedService<DocumentStore>("notes")
            .LoadAsync("last", ParcelJson.Default.Letter);
        Assert.Equal("hello", note!.Value.Text);
    }

    [Fact]
    public async Task A_name_given_at_registration_is_the_one_that_travels()
    {
        MessageType<Parcel> named = MessageType.Of(ParcelJson.Default.Parcel, "box");
        await using QueueHarness harness = await QueueHarness.StartAsync(services => Add(services)
            .AddQueueHandler<Parcel, ParcelHandler>("post", named));
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), named);
        await harness.RunUntilIdleAsync();
        Assert.Equal(("box", HandledOutcome.Acknowledged), Only(harness));
    }

    [Fact]
    public async Task An_unknown_type_dies_at_once_and_says_what_is_known()
    {
        await using QueueHarness harness = await StartAsync();
        await harness.Queue("post").EnqueueAsync(
            new Parcel(1, "Ada"), MessageType.Of(ParcelJson.Default.Parcel, "crate"));
        await harness.Queue("post").EnqueueAsync(new QueueMessage("raw"u8.ToArray()));

        Assert.Equal(2, await harness.RunUntilIdleAsync());

        IReadOnlyList<DeadLetter> dead = await harness.DeadLettersAsync("post");
        Assert.Contains("type 'crate'", dead[0].Reason, StringComparison.Ordinal);
        Assert.Contains("parcel", dead[0].Reason, StringComparison.Ordinal);
        Assert.Contains("no header", dead[1].Reason, StringComparison.Ordinal);
        Assert.Equal(1, dead[0].ReadJson(ParcelJson.Default.Parcel).Number);
        UnknownMessageTypeException error =
            Assert.IsType<UnknownMessageTypeException>(harness.Handled[0].Error);
        Assert.Equal(("crate", "post"), (error.Type, error.Queue));
        Assert.Null(((UnknownMessageTypeException)harness.Handled[1].Error!).Type);
    }

    [Fact]
    public async Task An_unknown_type_is_given_back_where_that_is_chosen()
    {
        await using QueueHarness harness = await QueueHarness.StartAsync(services => Add(services)
            .AddQueueHandler<Letter, LetterHandler>("post", ParcelJson.Default.Letter)
            .ConfigureQueueProcessor(
                "post",
                new QueueProcessorOptions { MaxRetryDelay = TimeSpan.FromHours(1) },
                UnknownMessages.GiveBack));
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);
        await harness.RunUntilIdleAsync();
        Assert.Equal(HandledOutcome.Retried, Assert.Single(harness.Handled).Outcome);
        Assert.Equal(0, await harness.AdvanceAsync(TimeSpan.FromMinutes(59)));
        Assert.Equal(1, await harness.AdvanceAsync(TimeSpan.FromMinutes(1)));
        Assert.Empty(await harness.DeadLettersAsync("post"));
    }

    [Fact]
    public async Task What_no_typed_handler_takes_goes_to_the_handler_of_deliveries()
    {
        await using QueueHarness harness = await QueueHarness.StartAsync(services => Add(services)
            .AddQueueHandler<OtherHandler>("post")
            .AddQueueHandler<Parcel, ParcelHandler>("post", ParcelJson.Default.Parcel));
        await harness.Queue("post").EnqueueAsync(new QueueMessage("raw"u8.ToArray()));
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);
        await harness.RunUntilIdleAsync();
        Assert.Equal(["other of 3 bytes", "parcel 1 to Ada"], _journal.Lines);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("null")]
    [InlineData("[1]")]
    public async Task A_body_that_is_none_of_its_type_dies_and_the_others_go_on(string body)
    {
        await using QueueHarness harness = await StartAsync();
        await harness.Queue("post").EnqueueAsync(new QueueMessage(System.Text.Encoding.UTF8.GetBytes(body))
        {
            Headers = new Dictionary<string, string> { [MessageType.Header] = "parcel" },
        });
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);
        await harness.RunUntilIdleAsync();
        Assert.Equal(
            [HandledOutcome.DeadLettered, HandledOutcome.Acknowledged],
            harness.Handled.Select(h => h.Outcome));
        Assert.IsType<UndecodableValueException>(harness.Handled[0].Error);
        Assert.Contains(
            "(type 'parcel')",
            (await harness.DeadLettersAsync("post"))[0].Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_and_messages_of_the_batch_happen_with_the_acknowledgement_or_not_at_all()
    {
        int failures = 1;
        await using QueueHarness harness = await StartAsync();
        DurableQueue sent = harness.Queue("sent");
        Keyspace places = sent.Engine.GetKeyspace("places");
        _journal.OnParcel = (parcel, context, _) =>
        {
            context.Batch.Put(places, parcel.To, "known");
            sent.Enqueue(context.Batch, new Letter(parcel.To), ParcelJson.Default.Letter);
            return failures-- > 0 ? throw new InvalidOperationException("not yet") : default;
        };
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);

        await harness.RunUntilIdleAsync();
        Assert.Equal(("parcel", HandledOutcome.Retried), Only(harness));
        Assert.Equal("not yet", harness.Handled[0].Error!.Message);
        Assert.Equal((0L, 0L), (places.Count, sent.Statistics.Ready));

        await harness.AdvanceAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(HandledOutcome.Acknowledged, harness.Handled[1].Outcome);
        Assert.Equal(2, harness.Handled[1].DeliveryCount);
        Assert.Equal((1L, 1L), (places.Count, sent.Statistics.Ready));
    }

    [Fact]
    public async Task A_handler_may_commit_its_batch_itself()
    {
        await using QueueHarness harness = await StartAsync();
        Keyspace places = harness.Queue("post").Engine.GetKeyspace("places");
        _journal.OnParcel = async (parcel, context, token) =>
        {
            context.Batch.Put(places, parcel.To, "known");
            await context.Queue.Engine.CommitAsync(context.Batch, Durability.ProcessCrash, token);
            Assert.True(context.Delivery.IsSettled);
        };
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);
        await harness.RunUntilIdleAsync();
        Assert.Equal(HandledOutcome.Acknowledged, Assert.Single(harness.Handled).Outcome);
        Assert.Null(harness.Handled[0].Error);
        Assert.Equal(1, places.Count);
    }

    [Fact]
    public async Task A_batch_that_would_be_lost_is_told_of()
    {
        await using QueueHarness harness = await StartAsync();
        Keyspace places = harness.Queue("post").Engine.GetKeyspace("places");
        _journal.OnParcel = async (parcel, context, token) =>
        {
            context.Batch.Put(places, parcel.To, "known");
            await context.Delivery.AcknowledgeAsync(cancellationToken: token);
        };
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);
        await harness.RunUntilIdleAsync();
        Assert.Contains(
            "nothing of that batch was written",
            Assert.IsType<InvalidOperationException>(Assert.Single(harness.Handled).Error).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_condition_that_does_not_hold_gives_the_message_back()
    {
        await using QueueHarness harness = await StartAsync();
        Keyspace places = harness.Queue("post").Engine.GetKeyspace("places");
        await places.PutAsync("Ada", "there");
        _journal.OnParcel = (_, context, _) =>
        {
            context.Batch.RequireAbsent(places, "Ada"u8);
            return default;
        };
        await harness.Queue("post").EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);
        await harness.RunUntilIdleAsync();
        Assert.Equal(HandledOutcome.Retried, Assert.Single(harness.Handled).Outcome);
        Assert.IsType<ConflictException>(harness.Handled[0].Error);
    }

    [Fact]
    public async Task The_token_ends_when_the_lease_is_lost()
    {
        await using QueueHarness harness = await StartAsync();
        DurableQueue queue = harness.Queue("post");
        TaskCompletionSource begun = new();
        _journal.OnParcel = async (_, _, cancellationToken) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        };
        await queue.EnqueueAsync(new Parcel(1, "Ada"), ParcelJson.Default.Parcel);
        Task<int> running = harness.RunUntilIdleAsync().AsTask();
        await begun.Task.Soon();
        harness.Clock.Advance(queue.Options.LeaseDuration * 2);
        Assert.False(running.IsCompleted);
        Assert.Equal(1, queue.Statistics.Leased);
        await queue.PurgeAsync();
        harness.Clock.Advance(queue.Options.LeaseDuration);
        await running.Soon();
        Assert.Equal(HandledOutcome.Left, Assert.Single(harness.Handled).Outcome);
        Assert.IsType<LeaseLostException>(harness.Handled[0].Error);
    }

    [Fact]
    public void A_type_has_one_handler_in_a_queue()
    {
        ServiceCollection services = new();
        LogEngineBuilder builder = Add(services)
            .AddQueueHandler<Parcel, ParcelHandler>("post", ParcelJson.Default.Parcel)
            .AddQueueHandler<OtherHandler>("post");
        Assert.Throws<ArgumentException>(() => builder
            .AddQueueHandler<Parcel, ParcelHandler>("post", ParcelJson.Default.Parcel));
        Assert.Throws<ArgumentException>(() => builder.AddQueueHandler<OtherHandler>("post"));
        builder.AddQueueHandler<Parcel, ParcelHandler>("sent", ParcelJson.Default.Parcel);
    }

    private ValueTask<QueueHarness> StartAsync() => QueueHarness.StartAsync(services => Add(services)
        .AddQueueHandler<Parcel, ParcelHandler>("post", ParcelJson.Default.Parcel)
        .AddQueueHandler<Letter, LetterHandler>("post", ParcelJson.Default.Letter));

    private LogEngineBuilder Add(IServiceCollection services)
    {
        services.AddSingleton(_journal);
        services.AddScoped<Scoped>();
        return services.AddLogEngine("main", settings => settings.Embedded.Directory = "/not/looked/at")
            .AddQueue("post")
            .AddQueue("sent")
            .AddDocumentStore("notes");
    }

    private static (string? Type, HandledOutcome Outcome) Only(QueueHarness harness)
    {
        HandledMessage only = Assert.Single(harness.Handled);
        return (only.Type, only.Outcome);
    }
}
