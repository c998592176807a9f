using System.Collections.Concurrent;
using LogEngine.Stores.Queues;

namespace LogEngine.PostgreSql.Queues;

/// <summary>A lease that was handed out by this open of a queue.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Owner">The object that it was received through.</param>
/// <param name="Group">Its group; null for none.</param>
/// <param name="Deliveries">How often the message had been delivered with it.</param>
/// <param name="EndsAt">
/// When it has ended, if it was not renewed; a timestamp that was taken after the server had begun to count, so it is
/// not early.
/// </param>
/// <param name="IsGone">The server has been asked after its end, and had neither the lease nor a trace of it.</param>
internal readonly record struct HeldLease(
    long Id, int Lane, object Owner, byte[]? Group, int Deliveries, long EndsAt, bool IsGone = false);

/// <summary>
/// Which message each lease of this open is about; all objects of a queue on an engine share one. Whether a lease is
/// current, the server alone decides.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class LeaseBook(long open, TimeProvider time)
{
    private const int Many = 10_000;

    /// <summary>Long enough for any difference between the clocks' speeds.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<long, HeldLease> _held = new();
    private long _next = 1;
    private int _pruneAt = Many;

    /// <summary>Random, of this open.</summary>
    internal long Open => open;

    /// <summary>Messages that an object of the queue holds.</summary>
    internal IReadOnlyList<long> IdsOf(object owner) =>
        [.. _held.Values.Where(lease => ReferenceEquals(lease.Owner, owner)).Select(lease => lease.Id)];

    /// <summary>Numbers for leases, of which none is ever given again.</summary>
    internal long TakeNumbers(int count) => Interlocked.Add(ref _next, count) - count;

    internal long LastNumber => Interlocked.Read(ref _next);

    internal void Add(long number, PeekedMessage message, object owner, TimeSpan duration)
    {
        _held[number] = new HeldLease(
            message.Id, message.Lane, owner, OutgoingMessage.GroupOf(message.GroupId),
            message.DeliveryCount, EndOf(duration));
        if (_held.Count > _pruneAt)
        {
            Prune();
        }
    }

    internal void Renew(LeaseToken token, TimeSpan duration)
    {
        if (_held.TryGetValue(token.Number, out HeldLease lease))
        {
            _held.TryUpdate(token.Number, lease with { EndsAt = EndOf(duration) }, lease);
        }
    }

    internal bool TryGet(LeaseToken token, out HeldLease lease)
    {
        lease = default;
        return token.Open == open && _held.TryGetValue(token.Number, out lease);
    }

    internal void Remove(LeaseToken token) => _held.TryRemove(token.Number, out _);

    /// <summary>Those whose end has come, by their numbers.</summary>
    internal IReadOnlyList<KeyValuePair<long, HeldLease>> Ended()
    {
        long now = time.GetTimestamp();
        return [.. _held.Where(held => held.Value.EndsAt <= now)];
    }

    /// <summary>How long it is until the next one ends; no longer than a time.</summary>
    internal TimeSpan UntilNextEnd(TimeSpan atMost)
    {
        long now = time.GetTimestamp();
        long next = long.MaxValue;
        foreach ((_, HeldLease lease) in _held)
        {
            next = Math.Min(next, lease.EndsAt);
        }

        double seconds = (next - (double)now) / time.TimestampFrequency;
        return seconds >= atMost.TotalSeconds ? atMost
            : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(seconds * 1000)));
    }

    /// <summary>
    /// It is still there, and ends after a time; or, where it is gone without a trace, it is asked for once more then.
    /// </summary>
    internal void EndsIn(long number, in HeldLease lease, TimeSpan time, bool isGone)
    {
        if (lease.IsGone && isGone)
        {
            _held.TryRemove(number, out _);
        }
        else
        {
            _held.TryUpdate(number, lease with { EndsAt = EndOf(time), IsGone = isGone }, lease);
        }
    }

    /// <summary>Takes out the lease that a message had; null where it is not there.</summary>
    internal KeyValuePair<long, HeldLease>? TakeOfMessage(long id)
    {
        foreach (KeyValuePair<long, HeldLease> held in _held)
        {
            if (held.Value.Id == id && _held.TryRemove(held.Key, out _))
            {
                return held;
            }
        }

        return null;
    }

    private long EndOf(TimeSpan duration) =>
        time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency);

    private void Prune()
    {
        long now = time.GetTimestamp() - (long)(Grace.TotalSeconds * time.TimestampFrequency);
        foreach ((long number, HeldLease lease) in _held)
        {
            if (lease.EndsAt < now)
            {
                _held.TryRemove(number, out _);
            }
        }

        _pruneAt = Math.Max(Many, _held.Count * 2);
    }
}
