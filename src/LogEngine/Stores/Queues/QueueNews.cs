using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>Whom to wake, what to tell and what to write after a change of a queue.</summary>
/// <param name="Woken">Receivers to wake, the first of them; null for nobody.</param>
/// <param name="Expired">Leases that have expired; null for none.</param>
/// <param name="Users">The objects of the queue that are told of them.</param>
/// <param name="Attempts">Where counts are to be written; null where none are.</param>
internal readonly record struct QueueNews(
    Waiter? Woken,
    IReadOnlyList<LeaseExpiredEventArgs>? Expired,
    IReadOnlyList<QueueUser>? Users,
    AttemptLog? Attempts)
{
    /// <summary>
    /// Wakes, writes and tells. Never under the lock. Listeners run on the thread pool: whoever came upon the
    /// lease does not wait for them.
    /// </summary>
    internal void Announce()
    {
        Waiters.Wake(Woken);
        Attempts?.Write();

        if (Expired is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static news => news.TellExpired(), this, preferLocal: false);
        }
    }

    private void TellExpired()
    {
        foreach (LeaseExpiredEventArgs lease in Expired!)
        {
            foreach (QueueUser user in Users!)
            {
                user.Tell(lease);
            }
        }
    }
}
