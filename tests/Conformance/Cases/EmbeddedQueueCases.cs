using LogEngine.Conformance.Backends;
using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

/// <summary>The queue, beyond the contract of an engine: compaction.</summary>
internal static class EmbeddedQueueCases
{
    [Case(Store, "deduplication")]
    internal static async Task A_duplicate_is_refused_within_its_window_over_restart_and_compaction(
        StoreSession s)
    {
        await s.OpenQueueAsync();
        QueueMessage message = Message("a") with { DeduplicationId = "once" };
        EnqueueResult first = await s.Queue.EnqueueAsync(message);
        EnqueueResult refused = new(first.Id, EnqueueOutcome.Duplicate);
        Assert.Equal(refused, await s.Queue.EnqueueAsync(message));
        Assert.Equal(["a"], await s.DrainAsync());
        await s.RestartAsync();
        Assert.Equal(refused, await s.Queue.EnqueueAsync(message));
        await s.Embedded.CompactAsync();
        await s.RestartAsync();
        Assert.Equal(refused, await s.Queue.EnqueueAsync(message));
        s.Advance(s.Queue.Options.DeduplicationWindow);
        EnqueueResult later = await s.Queue.EnqueueAsync(message);
        Assert.Equal(EnqueueOutcome.Enqueued, later.Outcome);
        Assert.True(later.Id > first.Id);
    }
}
