using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Telemetry;
using LogEngine.Stores.Queues;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>
/// Receives for all receivers of a queue in this process: one statement for as many as there are. Without receivers it
/// asks nothing; with receivers that wait it is woken by what this process enqueues, and looks now and then for the rest.
/// </summary>
internal sealed class ClaimLoop
{
    private const int MostAtOnce = 256;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);

    private readonly QueueContext _queue;
    private readonly Claims _claims;
    private readonly Lock _gate = new();
    private readonly List<Receiver> _receivers = [];
    private readonly Task _running;
    private TaskCompletionSource _wake = NewSignal();
    private Exception? _closed;

    internal ClaimLoop(QueueContext queue, Claims claims)
    {
        _queue = queue;
        _claims = claims;
        _running = Task.Run(RunAsync);
    }

    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    internal void Add(Receiver receiver)
    {
        lock (_gate)
        {
            if (_closed is not null)
            {
                throw _closed;
            }

            _receivers.Add(receiver);
            _wake.TrySetResult();
        }
    }

    /// <summary>A receiver has gone.</summary>
    internal void Remove(Receiver receiver)
    {
        lock (_gate)
        {
            _receivers.Remove(receiver);
        }
    }

    /// <summary>There may be something to receive.</summary>
    internal void Wake()
    {
        lock (_gate)
        {
            _wake.TrySetResult();
        }
    }

    /// <summary>Ends all waiting, and completes once no claim is on its way.</summary>
    internal async Task CloseAsync(Exception reason)
    {
        List<Receiver> left;
        lock (_gate)
        {
            _closed ??= reason;
            left = [.. _receivers];
            _receivers.Clear();
            _wake.TrySetResult();
        }

        left.ForEach(receiver => receiver.TryFail(reason));
        await _running.ConfigureAwait(false);
    }

    private static TaskCompletionSource NewSignal() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            List<Receiver> wanting = await NextAsync(pause).ConfigureAwait(false);
            if (wanting.Count == 0)
            {
                if (Volatile.Read(ref _closed) is not null)
                {
                    return;
                }

                continue;
            }

            bool found;
            try
            {
                found = await ReceiveAsync(wanting).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                Exception told = Failures.Translate(error, _queue.Server.Name);
                LogEvents.ClaimFailed(_queue.Logger, _queue.Name, told);
                found = false;
                FailImpatient(told);
            }

            pause = found ? FirstPause
                : pause * 2 < _queue.PollInterval ? pause * 2
                : _queue.PollInterval;
        }
    }

    /// <summary>
    /// Those who want something now: at once after a signal, else after a pause where somebody waits. None once it is closed.
    /// </summary>
    private async Task<List<Receiver>> NextAsync(TimeSpan pause)
    {
        Task signal;
        bool somebodyWaits;
        lock (_gate)
        {
            if (_closed is not null)
            {
                return [];
            }

            signal = _wake.Task;
            somebodyWaits = _receivers.Count > 0;
        }

        if (somebodyWaits)
        {
            await SignalOrPauseAsync(signal, pause).ConfigureAwait(false);
        }
        else
        {
            await signal.ConfigureAwait(false);
        }

        lock (_gate)
        {
            if (_wake.Task.IsCompleted)
            {
                _wake = NewSignal();
            }

            return _closed is null ? [.. _receivers] : [];
        }
    }

    private async Task SignalOrPauseAsync(Task signal, TimeSpan pause)
    {
        if (signal.IsCompleted)
        {
            return;
        }

        using CancellationTokenSource cancel = new();
        Task waited = Task.Delay(pause, _queue.Engine.TimeProvider, cancel.Token);
        await Task.WhenAny(signal, waited).ConfigureAwait(false);
        await cancel.CancelAsync().ConfigureAwait(false);
    }

    private async Task<bool> ReceiveAsync(List<Receiver> wanting)
    {
        List<Receiver> places = PlacesOf(wanting);
        long first = _queue.Leases.TakeNumbers(places.Count);
        ClaimResult result = await ClaimAsync(
            first, [.. places.Select(r => r.Lease.Ticks)], wanting.Exists(r => !r.Waits))
            .ConfigureAwait(false);
        Note(result);
        Dictionary<Receiver, List<QueueDelivery>> given = [];
        foreach (Claimed claimed in result.Messages)
        {
            Receiver receiver = places[claimed.Place - 1];
            long number = first + claimed.Place - 1;
            if (Deliver(claimed, number, receiver.Lease) is { } delivery)
            {
                if (!given.TryGetValue(receiver, out List<QueueDelivery>? messages))
                {
                    given.Add(receiver, messages = []);
                }

                messages.Add(delivery);
            }
        }

        foreach ((Receiver receiver, List<QueueDelivery> messages) in given)
        {
            Remove(receiver);
            if (!receiver.TryGive(messages))
            {
                _queue.TakeBack(messages);
            }
        }

        bool again = result.HasMore || result.Messages.Count > 0;
        foreach (Receiver receiver in wanting)
        {
            if (!receiver.Waits && !given.ContainsKey(receiver) && !again)
            {
                Remove(receiver);
                receiver.TryGive([]);
            }
        }

        if (again)
        {
            Wake();
        }

        return again;
    }

    /// <summary>Each gets its first place before anybody gets a second.</summary>
    private static List<Receiver> PlacesOf(List<Receiver> wanting)
    {
        List<Receiver> places = [];
        for (int round = 0; places.Count < MostAtOnce; round++)
        {
            int before = places.Count;
            foreach (Receiver receiver in wanting)
            {
                if (receiver.Most > round && places.Count < MostAtOnce)
                {
                    places.Add(receiver);
                }
            }

            if (places.Count == before)
            {
                break;
            }
        }

        return places;
    }

    /// <summary>
    /// Claims once. Where the connection is lost nobody knows what was leased: it is given back, and nothing of it is
    /// handed out; another claim takes other numbers. Where it cannot be given back in time, the server is away.
    /// </summary>
    private async Task<ClaimResult> ClaimAsync(long first, long[] durations, bool isEager)
    {
        await _queue.EnterClaimAsync().ConfigureAwait(false);
        try
        {
            NpgsqlConnection connection = await _queue.Server.OpenOnceAsync().ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await _claims.RunAsync(connection, _queue.Cursors, isEager, durations, first)
                    .ConfigureAwait(false);
            }
        }
        catch (Exception error) when (Failures.IsLost(error) || Failures.IsCollision(error))
        {
            _queue.Cursors.LookAtAll();
            if (!await _queue.ReleaseAsync(first, first + durations.Length - 1, null, counted: false)
                .ConfigureAwait(false))
            {
                throw;
            }

            return new ClaimResult([], 0, 0, 0, HasMore: true, IsWhole: false);
        }
        finally
        {
            _queue.LeaveClaim();
        }
    }

    private void Note(ClaimResult result)
    {
        if (result.Buried + result.Expired > 0)
        {
            // Of their groups others are next, wherever they stand.
            _queue.Cursors.LookAtAll();
        }

        _queue.Counters.Add(Counters.Count.DeadLettered, result.Buried);
        _queue.Counters.Add(Counters.Count.Expired, result.Expired);
        _queue.Counters.Add(
            Counters.Count.LeasesExpired, result.Messages.Count(m => m.HadLease) + result.Buried);
    }

    private QueueDelivery? Deliver(Claimed claimed, long number, TimeSpan duration)
    {
        PeekedMessage message = claimed.Message;
        LeaseToken token = new(_queue.Leases.Open, number);
        if (claimed.HadLease)
        {
            _queue.Expiry.LeasedAnew(message.Id);
        }

        if (message.Unreadable is { } why)
        {
            _queue.BuryUnreadable(new LeaseOfMessage(_queue.Id, _queue.Name, message.Id, token), why);
            return null;
        }

        _queue.Leases.Add(number, message, _queue.Queue, duration);
        _queue.Counters.Add(Counters.Count.Delivered);
        if (message.DeliveryCount > 1)
        {
            _queue.Counters.Add(Counters.Count.Redelivered);
        }

        _queue.Queue.Delivered(message);
        return new QueueDelivery(_queue.Queue, token, message);
    }

    private void FailImpatient(Exception error)
    {
        List<Receiver> failed;
        lock (_gate)
        {
            failed = _receivers.FindAll(receiver => !receiver.Waits);
            _receivers.RemoveAll(receiver => !receiver.Waits);
        }

        failed.ForEach(receiver => receiver.TryFail(error));
    }
}
