using System.Text.Json;
using System.Text.Json.Serialization;
using LogEngine.Extensions;
using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;

namespace LogEngine.Conformance.Cases;

/// <summary>Typed messages, and those that recur.</summary>
internal static partial class MessageCases
{
    internal const string Store = "Messages";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Case(Store, "typed")]
    internal static async Task A_value_travels_with_the_name_of_its_type(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        MessageType<Order> named = MessageType.Of(OrderJson.Default.Order, "order-2");
        await s.Queue.EnqueueAsync(new Order(1), OrderJson.Default.Order);
        await s.Queue.EnqueueAsync(
            new Order(2),
            named,
            message => message with { Headers = new Dictionary<string, string> { ["by"] = "ada" } });
        await s.Queue.EnqueueAsync(new Order(3), JsonSerializerOptions.Default);
        await s.Queue.EnqueueManyAsync([named.ToMessage(new Order(4))]);
        WriteBatch batch = s.Engine.CreateBatch();
        s.Queue.Enqueue(batch, new Order(5), OrderJson.Default.Order);
        s.Queue.Enqueue(batch, new Order(6), named);
        await s.Engine.CommitAsync(batch);
        await s.RestartAsync();
        List<(string?, int)> read = [];
        for (int i = 0; i < 6; i++)
        {
            QueueDelivery delivery = await s.ReceiveAsync();
            read.Add((MessageType.NameIn(delivery.Headers), delivery.ReadJson(named.Json).Number));
            Assert.Equal(i == 1 ? "ada" : null, delivery.Headers.GetValueOrDefault("by"));
            await delivery.AcknowledgeAsync();
        }

        Assert.Equal(
            [("order", 1), ("order-2", 2), ("order", 3), ("order-2", 4), ("order", 5), ("order-2", 6)],
            read);
    }

    [Case(Store, "typed")]
    internal static async Task A_body_that_is_none_of_its_type_stays_leased_and_is_named(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        long id = await s.SendAsync("no order");
        QueueDelivery delivery = await s.ReceiveAsync();
        UndecodableValueException error = Assert.Throws<UndecodableValueException>(
            () => delivery.ReadJson(OrderJson.Default.Order));
        Assert.Equal($"Message {id} of queue 'jobs'", error.What);
        Assert.False(delivery.IsSettled);
        await delivery.AcknowledgeAsync();
    }

    [Case(Store, "recurring")]
    internal static async Task A_due_time_has_one_message_whenever_the_process_dies(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        RecurringMessage hourly = Hourly(s, MissedTimes.One);
        Assert.True(await new RecurringMessages(s.Queue).SetAsync(hourly));
        DateTimeOffset first = (await OnlyAsync(s)).NextDue!.Value;
        for (int due = 0; due < 4; due++)
        {
            Assert.Equal(0, (await new RecurringMessages(s.Queue).RunDueAsync()).Enqueued);
            s.Advance(Hour);

            // As each start of an application does.
            Assert.False(await new RecurringMessages(s.Queue).SetAsync(hourly));
            Assert.Equal(1, (await new RecurringMessages(s.Queue).RunDueAsync()).Enqueued);
            await s.StepAsync();
            await s.OpenQueueAsync();
        }

        Assert.Equal(
            Enumerable.Range(0, 4).Select(due => first + (due * Hour)), await DrainAsync(s));
    }

    [Case(Store, "recurring")]
    internal static async Task Of_many_who_look_at_once_one_enqueues(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await new RecurringMessages(s.Queue).SetAsync(Hourly(s, MissedTimes.All));
        s.Advance(3 * Hour);
        int[] enqueued = new int[8];
        await s.AtOnceAsync(enqueued.Length, async task => enqueued[task] =
            (await new RecurringMessages(s.Queue).RunDueAsync()).Enqueued);
        Assert.Equal(3, enqueued.Sum());
        Assert.Equal(3, (await DrainAsync(s)).Distinct().Count());
    }

    [Case(Store, "recurring")]
    internal static async Task Missed_times_get_one_message_none_or_each_its_own(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        RecurringMessages messages = new(s.Queue);
        foreach ((MissedTimes missed, int expected) in
            new[] { (MissedTimes.One, 1), (MissedTimes.Skip, 0), (MissedTimes.All, 250) })
        {
            await messages.RemoveAsync("hourly");
            await messages.SetAsync(Hourly(s, missed));
            DateTimeOffset first = (await OnlyAsync(s)).NextDue!.Value;
            s.Advance(first - s.Time.GetUtcNow() + (249 * Hour) + TimeSpan.FromMinutes(50));
            RecurringRun run = await messages.RunDueAsync();
            IReadOnlyList<DateTimeOffset> due = await DrainAsync(s);
            Assert.Equal((expected, 0), (run.Enqueued, run.Failed));
            Assert.Equal(
                Enumerable.Range(0, expected).Select(number => first + (number * Hour)), due);
            Assert.True(run.NextDue > s.Time.GetUtcNow());
            Assert.True(run.NextDue <= s.Time.GetUtcNow() + Hour);

            // What is late by less than the tolerance is not missed.
            s.Advance(run.NextDue!.Value - s.Time.GetUtcNow() + TimeSpan.FromSeconds(30));
            Assert.Equal(1, (await messages.RunDueAsync()).Enqueued);
            Assert.Equal([run.NextDue.Value], await DrainAsync(s));
        }
    }

    [Case(Store, "recurring")]
    internal static async Task It_rests_goes_on_changes_and_is_removed(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        RecurringMessages messages = new(s.Queue);
        await messages.SetAsync(Hourly(s, MissedTimes.One));
        Assert.True(await messages.PauseAsync("hourly"));
        Assert.False(await messages.PauseAsync("hourly"));
        s.Advance(2 * Hour);
        Assert.Equal(default, await messages.RunDueAsync());
        await s.RestartAsync();
        messages = new RecurringMessages(s.Queue);
        Assert.True((await OnlyAsync(s)).IsPaused);
        Assert.True(await messages.ResumeAsync("hourly"));
        Assert.Equal(1, (await messages.RunDueAsync()).Enqueued);

        // Another recurrence begins anew, from now.
        RecurringMessage daily = Hourly(s, MissedTimes.All) with { Recurrence = Recurrence.Cron("@daily") };
        Assert.True(await messages.SetAsync(daily));
        RecurringStatus status = await OnlyAsync(s);
        Assert.Equal((daily.Recurrence, MissedTimes.All), (status.Message!.Recurrence, status.Message.Missed));
        Assert.Equal(daily.Recurrence.Next(s.Time.GetUtcNow()), status.NextDue);
        Assert.True(await messages.RemoveAsync("hourly"));
        Assert.False(await messages.RemoveAsync("hourly"));
        Assert.False(await messages.ResumeAsync("hourly"));
        Assert.Empty(await messages.ListAsync());
    }

    [Case(Store, "recurring")]
    internal static async Task What_cannot_be_enqueued_stays_due_and_stops_no_other(ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { MaxMessages = 1 });
        RecurringMessages messages = new(s.Queue);
        await s.Engine.GetStoreKeyspace("logengine/recurring/jobs").PutAsync("a", "no row");
        await messages.SetAsync(Hourly(s, MissedTimes.One));
        await messages.SetAsync(Hourly(s, MissedTimes.One) with { Name = "same time" });
        s.Advance(Hour);
        RecurringRun run = await messages.RunDueAsync();
        Assert.Equal((1, 2), (run.Enqueued, run.Failed));
        Assert.NotNull((await messages.ListAsync())[0].Problem);
        await s.DrainAsync();
        run = await messages.RunDueAsync();
        Assert.Equal((1, 1), (run.Enqueued, run.Failed));
        Assert.True(await messages.RemoveAsync("a"));
    }

    private static RecurringMessage Hourly(ConformanceSession s, MissedTimes missed)
    {
        Assert.NotNull(s.Queue);
        return new RecurringMessage(
            "hourly",
            Recurrence.Every(Hour),
            MessageType.Of(OrderJson.Default.Order).ToMessage(new Order(7)))
        {
            Missed = missed,
        };
    }

    private static async Task<RecurringStatus> OnlyAsync(ConformanceSession s) =>
        Assert.Single(await new RecurringMessages(s.Queue).ListAsync());

    /// <summary>The due times of all messages, which are acknowledged.</summary>
    private static async Task<IReadOnlyList<DateTimeOffset>> DrainAsync(ConformanceSession s)
    {
        List<DateTimeOffset> due = [];
        while (await s.Queue.TryReceiveAsync() is { } delivery)
        {
            Assert.Equal(7, delivery.ReadJson(OrderJson.Default.Order).Number);
            Assert.Equal("hourly", delivery.Headers[RecurringMessage.NameHeader]);
            due.Add(DateTimeOffset.Parse(delivery.Headers[RecurringMessage.DueHeader], null));
            await delivery.AcknowledgeAsync();
        }

        return due;
    }

    /// <summary>What is sent.</summary>
    [MessageName("order")]
    internal sealed record Order(int Number);

    [JsonSerializable(typeof(Order))]
    internal sealed partial class OrderJson : JsonSerializerContext;
}
