using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Tests;

/// <summary>
/// What the contract only has asynchronously, as a test that knows that nothing is waited for wants to
/// write it.
/// </summary>
internal static class Blocking
{
    extension(DurableQueue queue)
    {
        internal QueueStatistics Statistics => Now(queue.GetStatisticsAsync());
    }

    extension(StorageEngine engine)
    {
        internal IReadOnlyList<string> ListQueues() => Now(engine.ListQueuesAsync());
    }

    extension(DeadLetterQueue letters)
    {
        internal long Count => Now(letters.CountAsync());
    }

    extension(Keyspace keyspace)
    {
        internal long Count => Now(keyspace.CountAsync());
    }

    extension(QueueDelivery delivery)
    {
        internal void Renew(TimeSpan? duration = null) =>
            delivery.RenewAsync(duration).AsTask().GetAwaiter().GetResult();
    }

    extension(Topic topic)
    {
        internal long FirstOffset => Now(topic.GetFirstOffsetAsync());

        internal long NextOffset => Now(topic.GetNextOffsetAsync());

        internal IReadOnlyList<GroupStatus> Groups => Now(topic.ListGroupsAsync());

        internal static Topic Open(StorageEngine engine, string name, TopicOptions? options = null) =>
            Now(engine.OpenTopicAsync(name, options));
    }

    extension(Stores.DocumentStore store)
    {
        internal long Count => Now(store.CountAsync());
    }

    extension(Stores.BlobStore store)
    {
        internal bool Contains(Stores.BlobId id) => Now(store.ContainsAsync(id));
    }

    extension(Stores.RunLog log)
    {
        internal long CountRows(string run) => Now(log.CountRowsAsync(run));
    }

    extension(Stores.CheckpointStore store)
    {
        internal long CountOf(string name) => Now(store.CountAsync(name));
    }

    private static T Now<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
