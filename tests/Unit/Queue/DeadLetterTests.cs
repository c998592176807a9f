using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

public sealed class DeadLetterTests
{
    [Fact]
    public async Task A_message_refused_too_often_goes_to_the_dead_letters_with_its_reason()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxDeliveries = 2 });
        long id = await fixture.SendAsync("a", lane: 1);
        await (await fixture.ReceiveAsync()).NegativeAcknowledgeAsync().Soon();
        await (await fixture.ReceiveAsync()).NegativeAcknowledgeAsync(reason: "no good").Soon();
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
        await fixture.ReopenAsync();
        DeadLetter letter = Assert.Single(await ListAsync(fixture.Queue));
        Assert.Equal((id, 1, 2, "no good"),
            (letter.Id, letter.Lane, letter.Deliveries, letter.Reason));
        Assert.Equal("a", QueueFixture.Text(letter.Body));
        Assert.Equal(0, fixture.Engine.GetKeyspace($"queue/{fixture.Queue.Name}/attempts").Count);
    }

    [Fact]
    public async Task A_message_whose_receiver_dies_each_time_goes_to_the_dead_letters()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxDeliveries = 3 });
        await fixture.SendAsync("poison");
        await fixture.SendAsync("good");
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal("poison", QueueFixture.Text((await fixture.ReceiveAsync()).Body));
            await fixture.ReopenAsync();
        }

        Assert.Equal(["good"], await fixture.DrainAsync());
        Assert.Equal(1, fixture.Queue.DeadLetters.Count);
        Assert.Equal(1, fixture.Queue.Statistics.DeadLettered);
    }

    [Fact]
    public async Task A_dead_letter_is_replayed_once_and_begins_anew()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        long id = await fixture.SendAsync("a", lane: 3);
        await (await fixture.ReceiveAsync()).DeadLetterAsync("by hand").Soon();
        bool[] replayed = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => fixture.Queue.DeadLetters.ReplayAsync(id).AsTask())).Soon();
        Assert.Single(replayed, done => done);
        Assert.Equal(0, fixture.Queue.DeadLetters.Count);
        QueueDelivery again = await fixture.ReceiveAsync();
        Assert.Equal(("a", 3, 1),
            (QueueFixture.Text(again.Body), again.Lane, again.DeliveryCount));
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
    }

    [Fact]
    public async Task Dead_letters_are_discarded_one_by_one_or_all_together()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        List<long> ids = [];
        for (int i = 0; i < 5; i++)
        {
            ids.Add(await fixture.SendAsync($"{i}"));
            await (await fixture.ReceiveAsync()).DeadLetterAsync("x").Soon();
        }

        Assert.True(await fixture.Queue.DeadLetters.DiscardAsync(ids[0]).Soon());
        Assert.False(await fixture.Queue.DeadLetters.DiscardAsync(ids[0]).Soon());
        Assert.Equal(2, await ReplayTwoAsync(fixture, ids));
        Assert.Equal(2, await fixture.Queue.DeadLetters.DiscardAllAsync().Soon());
        Assert.Empty(await ListAsync(fixture.Queue));
        Assert.Equal(2, fixture.Queue.Statistics.Ready);
    }

    private static async Task<int> ReplayTwoAsync(QueueFixture fixture, List<long> ids)
    {
        bool first = await fixture.Queue.DeadLetters.ReplayAsync(ids[1]).Soon();
        bool second = await fixture.Queue.DeadLetters.ReplayAsync(ids[2]).Soon();
        return (first ? 1 : 0) + (second ? 1 : 0);
    }

    private static async Task<List<DeadLetter>> ListAsync(DurableQueue queue)
    {
        List<DeadLetter> letters = [];
        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync())
        {
            letters.Add(letter);
        }

        return letters;
    }
}
