namespace LogEngine.Stores.Queues;

/// <summary>Whom to wake and what to tell after a change of a queue.</summary>
/// <param name="Woken">Receivers to wake; null for nobody.</param>
/// <param name="Expired">Leases that have expired; null for none.</param>
/// <param name="Users">The objects of the queue that are told of them.</param>
internal readonly record struct QueueNews(
    List<TaskCompletionSource>? Woken,
    IReadOnlyList<LeaseExpiredEventArgs>? Expired,
    IReadOnlyList<QueueUser>? Users)
{
    /// <summary>
    /// Wakes and tells. Never under the lock. Listeners run on the thread pool: whoever came upon the
    /// lease does not wait for them.
    /// </summary>
    internal void Announce()
    {
        ReceiveWaiters.Wake(Woken);

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
