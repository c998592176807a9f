using System.Text;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Telemetry;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>
/// Tells who listens which leases of this engine have expired. The end of each is known here about as well as on the
/// server; when it has come the server is asked, by the message's id, and decides. Nothing runs while nobody listens.
/// </summary>
/// <remarks>
/// Thread-safe. What is told is certain: the server still had the lease after its end, or the message has been leased
/// anew, or has died of it. What left no trace is not told, since a settlement that is on its way leaves none either.
/// </remarks>
internal sealed class ExpiryWatch(
    PostgreSqlQueues all,
    PostgreSqlEngine engine,
    int queue,
    string name,
    LeaseBook leases,
    ILogger logger)
{
    private const int MostAtOnce = 1000;
    private const int Current = 1;
    private const int Expired = 2;

    /// <summary>After so long a settlement that was on its way is decided.</summary>
    private static readonly TimeSpan GoneFor = TimeSpan.FromMinutes(1);

    private static readonly byte[] DeadReason = Encoding.UTF8.GetBytes(Claims.ReasonStart);

    private readonly Lock _gate = new();
    private readonly List<PostgreSqlQueue> _listeners = [];
    private CancellationTokenSource? _stop;
    private Task _running = Task.CompletedTask;
    private Task _telling = Task.CompletedTask;

    /// <summary>Whether an object of the queue wants to know.</summary>
    internal void Listen(PostgreSqlQueue listener, bool listens)
    {
        lock (_gate)
        {
            if (!listens)
            {
                Leave(listener);
            }
            else if (!_listeners.Contains(listener))
            {
                _listeners.Add(listener);
                if (_stop is null)
                {
                    _stop = new CancellationTokenSource();
                    CancellationToken stop = _stop.Token;
                    Task before = _running;
                    _running = Task.Run(() => RunAsync(before, stop), CancellationToken.None);
                }
            }
        }
    }

    /// <summary>An object of the queue is closed: it is told nothing more, and nothing is asked for it.</summary>
    internal Task LeaveAsync(PostgreSqlQueue listener)
    {
        lock (_gate)
        {
            Leave(listener);
            return _stop is null ? _running : Task.CompletedTask;
        }
    }

    /// <summary>
    /// A message has been leased anew whose last lease had ended: where that one was given here, it has expired.
    /// </summary>
    internal void LeasedAnew(long id)
    {
        lock (_gate)
        {
            if (_listeners.Count == 0)
            {
                return;
            }
        }

        if (leases.TakeOfMessage(id) is { } held)
        {
            Tell(held.Key, held.Value);
        }
    }

    private void Leave(PostgreSqlQueue listener)
    {
        if (_listeners.Remove(listener) && _listeners.Count == 0)
        {
            _stop!.Cancel();
            _stop.Dispose();
            _stop = null;
        }
    }

    private async Task RunAsync(Task before, CancellationToken stop)
    {
        await before.ConfigureAwait(false);
        while (!stop.IsCancellationRequested)
        {
            TimeSpan pause = all.PollInterval;
            try
            {
                foreach (KeyValuePair<long, HeldLease>[] some in leases.Ended().Chunk(MostAtOnce))
                {
                    await AskAsync(some, stop).ConfigureAwait(false);
                }

                pause = leases.UntilNextEnd(pause);
            }
            catch (LogEngineException error)
            {
                LogEvents.MaintenanceFailed(logger, all.Server.Name, error);
            }

            await Task.Delay(pause, engine.TimeProvider, stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task AskAsync(KeyValuePair<long, HeldLease>[] ended, CancellationToken stop)
    {
        List<(int At, int State, long Left)> answers = await all.Server.RunAsync(
            connection => AskAsync(connection, ended), stop).ConfigureAwait(false);
        foreach ((int at, int state, long left) in answers)
        {
            (long number, HeldLease lease) = ended[at - 1];
            if (state == Expired)
            {
                leases.Remove(new LeaseToken(leases.Open, number));
                Tell(number, lease);
            }
            else
            {
                leases.EndsIn(
                    number, lease, state == Current ? TimeSpan.FromTicks(left) : GoneFor, state != Current);
            }
        }
    }

    private async Task<List<(int At, int State, long Left)>> AskAsync(
        NpgsqlConnection connection, KeyValuePair<long, HeldLease>[] ended)
    {
        NpgsqlCommand command = new(all.Server.Sql["expire-leases"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(queue);
            command.Parameters.Put(leases.Open);
            command.Parameters.Put(Array.ConvertAll(ended, held => held.Value.Id));
            command.Parameters.Put(Array.ConvertAll(ended, held => held.Key));
            command.Parameters.Put(Array.ConvertAll(ended, held => held.Value.Deliveries));
            command.Parameters.Put(DeadReason);
            List<(int, int, long)> answers = [];
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    answers.Add((row.GetInt32(0), row.GetInt32(1), row.GetInt64(2)));
                }
            }

            return answers;
        }
    }

    /// <summary>On the pool, one lease after the other.</summary>
    private void Tell(long number, in HeldLease lease)
    {
        LeaseExpiredEventArgs told = new()
        {
            QueueName = name,
            Lease = new LeaseToken(leases.Open, number),
            MessageId = lease.Id,
            GroupId = lease.Group is null ? null : Encoding.UTF8.GetString(lease.Group),
            DeliveryCount = lease.Deliveries,
        };
        lock (_gate)
        {
            PostgreSqlQueue[] listeners = [.. _listeners];
            _telling = _telling.ContinueWith(
                _ => Array.ForEach(listeners, listener => listener.Tell(told)),
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default);
        }
    }
}
