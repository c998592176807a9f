using LogEngine.Stores.Queues;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Queue;

public sealed class BatchTests
{
    [Fact]
    public async Task Acknowledge_write_and_enqueue_are_one_commit()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("in");
        QueueDelivery delivery = await fixture.ReceiveAsync();
        EmbeddedKeyspace documents = fixture.Engine.GetKeyspace("documents");
        WriteBatch batch = fixture.Engine.CreateBatch();
        delivery.Acknowledge(batch);
        batch.Put(documents, SmallEngine.Bytes("k"), SmallEngine.Bytes("v"));
        fixture.Queue.Enqueue(batch, QueueFixture.Message("out"));
        Assert.Equal(0, fixture.Queue.Statistics.Ready);
        await fixture.Engine.CommitAsync(batch).Soon();
        Assert.True(delivery.IsSettled);
        Assert.Equal("v", await documents.TextAsync("k"));
        await fixture.ReopenAsync();
        Assert.Equal(["out"], await fixture.DrainAsync());
    }

    [Fact]
    public async Task A_batch_whose_lease_is_lost_fails_as_a_whole()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("in");
        QueueDelivery delivery = await fixture.ReceiveAsync();
        WriteBatch batch = fixture.Engine.CreateBatch();
        EmbeddedKeyspace documents = fixture.Engine.GetKeyspace("documents");
        batch.Put(documents, SmallEngine.Bytes("k"), SmallEngine.Bytes("v"));
        fixture.Queue.Enqueue(batch, QueueFixture.Message("out"));
        delivery.Acknowledge(batch);
        fixture.Time.Advance(fixture.Options.LeaseDuration);
        await Assert.ThrowsAsync<LeaseLostException>(
            () => fixture.Engine.CommitAsync(batch).Soon());
        Assert.Null(await documents.TextAsync("k"));
        Assert.Equal(["in"], await fixture.DrainAsync());
        Assert.Equal(0, fixture.Queue.Statistics.Bytes);
    }

    [Fact]
    public async Task A_refused_batch_leaves_the_lease_as_it_was()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("in");
        QueueDelivery delivery = await fixture.ReceiveAsync();
        WriteBatch batch = fixture.Engine.CreateBatch();
        delivery.Acknowledge(batch);
        batch.RequireVersion(fixture.Engine.GetKeyspace("x"), SmallEngine.Bytes("k"), 99);
        Assert.False((await fixture.Engine.TryCommitAsync(batch).Soon()).Applied);
        Assert.False(delivery.IsSettled);
        await delivery.AcknowledgeAsync().Soon();
    }

    [Fact]
    public async Task A_batch_that_is_never_committed_does_nothing()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("in");
        QueueDelivery delivery = await fixture.ReceiveAsync();
        WriteBatch batch = fixture.Engine.CreateBatch();
        delivery.Acknowledge(batch);
        fixture.Queue.Enqueue(batch, QueueFixture.Message("out"));
        fixture.Time.Advance(fixture.Options.LeaseDuration);
        Assert.Equal(["in"], await fixture.DrainAsync());
    }

    [Fact]
    public async Task Two_acknowledgements_of_one_lease_in_a_batch_fail_it()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("in");
        QueueDelivery delivery = await fixture.ReceiveAsync();
        WriteBatch batch = fixture.Engine.CreateBatch();
        delivery.Acknowledge(batch);
        delivery.Acknowledge(batch);
        await Assert.ThrowsAsync<LeaseLostException>(
            () => fixture.Engine.CommitAsync(batch).Soon());
        await delivery.AcknowledgeAsync().Soon();
    }

    [Fact]
    public async Task Many_messages_are_enqueued_together_or_not_at_all()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxMessages = 3 });
        await fixture.SendAsync("0");
        await Assert.ThrowsAsync<QueueFullException>(() => fixture.Queue.EnqueueManyAsync(
            [.. Enumerable.Range(1, 3).Select(i => QueueFixture.Message($"{i}"))]).Soon());
        Assert.Equal(3, fixture.Queue.Statistics.Rejected);
        Assert.Equal(["0"], await fixture.DrainAsync());
    }
}
