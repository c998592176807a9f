using LogEngine.Extensions;
using LogEngine.Stores.Queues;
using LogEngine.Unit.Queue;

namespace LogEngine.Unit.Messages;

/// <summary>What a recurring message is kept as.</summary>
public sealed class RecurringRowTests
{
    /// <summary>
    /// Groups came to messages when rows had their fields already: what recurred was enqueued without its
    /// group, and so beside those that it was to wait for.
    /// </summary>
    [Fact]
    public async Task What_recurs_keeps_all_that_goes_with_its_body()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        RecurringMessages messages = new(fixture.Queue);
        QueueMessage message = QueueFixture.Message("a") with
        {
            Headers = new Dictionary<string, string> { ["h"] = "v" },
            Lane = 2,
            GroupId = "g",
            TimeToLive = TimeSpan.FromHours(1),
        };
        TimeSpan minute = TimeSpan.FromMinutes(1);
        await messages.SetAsync(new RecurringMessage("r", Recurrence.Every(minute), message)).Soon();
        Assert.Equal(message, Assert.Single(await messages.ListAsync().Soon()).Message!.Message);

        fixture.Time.Advance(minute);
        Assert.Equal(1, (await messages.RunDueAsync().Soon()).Enqueued);
        QueueDelivery delivery = await fixture.ReceiveAsync();
        Assert.Equal(
            ("g", 2, "v"), (delivery.GroupId, delivery.Lane, delivery.Headers["h"]));
    }

    /// <summary>It was set, and then failed at each of its due times.</summary>
    [Fact]
    public async Task What_no_queue_would_take_is_refused_when_it_is_set()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        RecurringMessages messages = new(fixture.Queue);
        foreach (QueueMessage bad in (QueueMessage[])
        [
            QueueFixture.Message("a") with { Lane = 8 },
            QueueFixture.Message("a") with { GroupId = "" },
            QueueFixture.Message("a") with { TimeToLive = TimeSpan.Zero },
        ])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await messages.SetAsync(
                new RecurringMessage("r", Recurrence.Every(TimeSpan.FromMinutes(1)), bad)));
        }

        Assert.Empty(await messages.ListAsync().Soon());
    }
}
