using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Telemetry;
using LogEngine.PostgreSql.Writing;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>What all objects of a queue on an engine share.</summary>
/// <param name="Id">The queue's number.</param>
/// <param name="Leases">The leases that were handed out.</param>
/// <param name="Expiry">Who wants to know when one of them expires.</param>
/// <param name="Counters">What has been done by this process.</param>
/// <param name="Peers">The objects.</param>
internal sealed record SharedQueue(
    int Id, LeaseBook Leases, ExpiryWatch Expiry, Counters Counters, QueuePeers Peers);

/// <summary>What the parts of an open queue have in common.</summary>
internal sealed class QueueContext(
    PostgreSqlQueue queue, PostgreSqlQueues all, SharedQueue shared, ILogger logger)
{
    internal PostgreSqlQueue Queue => queue;

    internal StorageEngine Engine => queue.Engine;

    internal string Name => queue.Name;

    /// <summary>The queue's number.</summary>
    internal int Id => shared.Id;

    internal Server Server => all.Server;

    internal Writes Writes => all.Writes;

    internal ILogger Logger => logger;

    internal TimeSpan PollInterval => all.PollInterval;

    internal Counters Counters => shared.Counters;

    internal LaneCursors Cursors { get; } = new(queue.Engine.TimeProvider);

    internal LeaseBook Leases => shared.Leases;

    internal ExpiryWatch Expiry => shared.Expiry;

    internal QueuePeers Peers => shared.Peers;

    internal QueueRules Rules { get; } = QueueRules.Of(queue.Options);

    internal Task EnterClaimAsync() => all.Claiming.WaitAsync(CancellationToken.None);

    internal void LeaveClaim() => all.Claiming.Release();

    /// <summary>Messages that their receiver did not wait for: their deliveries did not happen.</summary>
    internal void TakeBack(IReadOnlyList<QueueDelivery> messages)
    {
        foreach (QueueDelivery message in messages)
        {
            Leases.Remove(message.Lease);
            Counters.Add(Counters.Count.Delivered, -1);
        }

        _ = TakeBackAsync(
            messages.Min(m => m.Lease.Number), messages.Max(m => m.Lease.Number),
            [.. messages.Select(m => m.Id)]);
    }

    /// <summary>
    /// Gives back leases by their numbers. False where that does not succeed: they end by themselves, in time.
    /// </summary>
    internal async Task<bool> ReleaseAsync(long first, long last, long[]? ids, bool counted)
    {
        try
        {
            await Server.RunAsync(
                async connection =>
                {
                    NpgsqlCommand command = new(Server.Sql["release"], connection);
                    await using (command.ConfigureAwait(false))
                    {
                        command.Parameters.Put(Id);
                        command.Parameters.Put(Leases.Open);
                        command.Parameters.Put(first);
                        command.Parameters.Put(last);
                        command.Parameters.Put(ids);
                        command.Parameters.Put(counted);
                        return await command.ExecuteNonQueryAsync(CancellationToken.None)
                            .ConfigureAwait(false);
                    }
                },
                Engine.Stopping).ConfigureAwait(false);
            return true;
        }
        catch (LogEngineException error)
        {
            LogEvents.ClaimFailed(logger, Name, error);
            return false;
        }
    }

    /// <summary>Moves a message to the dead letters whose bytes are not what was written.</summary>
    internal void BuryUnreadable(in LeaseOfMessage lease, string why)
    {
        Counters.Add(Counters.Count.Unreadable);
        Counters.Add(Counters.Count.DeadLettered);
        Writes.Send(new SettleRequest(Settlement.BuryUnreadable, lease, Durability.ProcessCrash)
        {
            Reason = PostgreSqlQueue.ReasonBytes(why),
        });
    }

    private async Task TakeBackAsync(long first, long last, long[] ids)
    {
        await ReleaseAsync(first, last, ids, counted: false).ConfigureAwait(false);
        Peers.LookAtAll();
        Peers.Wake();
    }
}
