using System.Collections.Concurrent;

namespace LogEngine.PostgreSqlTests;

/// <summary>What was acknowledged, kept outside of what may be lost.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Journal
{
    private readonly ConcurrentDictionary<string, byte> _tried = [];
    private readonly ConcurrentDictionary<string, byte> _sent = [];
    private readonly ConcurrentDictionary<string, long> _effects = [];
    private readonly ConcurrentBag<string> _twice = [];
    private readonly Lock _gate = new();
    private long _lastAt = TimeProvider.System.GetTimestamp();
    private long _longest;

    internal int Sent => _sent.Count;

    internal int Effects => _effects.Count;

    /// <summary>The longest time in which nothing was acknowledged, since <see cref="Restart"/>.</summary>
    internal TimeSpan WithoutService
    {
        get
        {
            lock (_gate)
            {
                return TimeProvider.System.GetElapsedTime(0, _longest);
            }
        }
    }

    /// <summary>Acknowledged, and not there.</summary>
    internal IReadOnlyList<string> Lost => [.. _sent.Keys.Except(_effects.Keys)];

    /// <summary>Acknowledged twice, or delivered again after it was acknowledged.</summary>
    internal IReadOnlyList<string> Twice => [.. _twice];

    /// <summary>Never sent by anybody.</summary>
    internal IReadOnlyList<string> Wrong => [.. _effects.Keys.Except(_tried.Keys)];

    internal void Restart()
    {
        lock (_gate)
        {
            _longest = 0;
        }
    }

    internal void Try(string name) => _tried[name] = 0;

    internal void Send(string name)
    {
        _sent[name] = 0;
        IsServed();
    }

    /// <summary>It was delivered to somebody who has asked at a time: by then nobody may have acknowledged it.</summary>
    internal void Deliver(string name, long askedAt)
    {
        if (_effects.TryGetValue(name, out long at) && at < askedAt)
        {
            _twice.Add($"{name}, delivered again");
        }
    }

    internal void Acknowledge(string name)
    {
        if (!_effects.TryAdd(name, TimeProvider.System.GetTimestamp()))
        {
            _twice.Add($"{name}, acknowledged again");
        }

        IsServed();
    }

    internal void Check()
    {
        Assert.Empty(Lost);
        Assert.Empty(Twice);
        Assert.Empty(Wrong);
    }

    private void IsServed()
    {
        lock (_gate)
        {
            long now = TimeProvider.System.GetTimestamp();
            _longest = Math.Max(_longest, now - _lastAt);
            _lastAt = now;
        }
    }
}

/// <summary>Those who send to a queue and receive from it, at machine loss, and note in a journal what was acknowledged.</summary>
internal sealed class JournaledWork(Journal journal, string names)
{
    internal async Task SendAsync(DurableQueue queue, int producer, CancellationToken done)
    {
        for (int i = 0; !done.IsCancellationRequested; i++)
        {
            string name = $"{names}-{producer}-{i}";
            journal.Try(name);
            try
            {
                await queue.EnqueueAsync(
                    new QueueMessage(Text.Bytes(name)), Durability.MachineLoss, CancellationToken.None);
                journal.Send(name);
            }
            catch (Exception error) when (error is UndeterminedCommitException or StorageUnavailableException)
            {
                // Not acknowledged: it may be there.
            }
        }
    }

    internal async Task ReceiveAsync(DurableQueue queue, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            await TryReceiveAsync(queue, TimeSpan.FromMilliseconds(300));
        }
    }

    /// <summary>Receives until there is nothing any more.</summary>
    internal Task DrainAsync(DurableQueue queue) => Wait.UntilAsync(
        async () =>
        {
            while (await TryReceiveAsync(queue, TimeSpan.Zero))
            {
                // There may be more.
            }

            QueueStatistics left = await queue.GetStatisticsAsync();
            return left.Ready + left.Leased == 0;
        },
        "the queue is empty");

    private async Task<bool> TryReceiveAsync(DurableQueue queue, TimeSpan wait)
    {
        try
        {
            long askedAt = TimeProvider.System.GetTimestamp();
            IReadOnlyList<QueueDelivery> some = await queue.ReceiveManyAsync(
                8, wait, TimeSpan.FromSeconds(3), CancellationToken.None);
            foreach (QueueDelivery delivery in some)
            {
                string name = Text.Of(delivery.Body);
                journal.Deliver(name, askedAt);
                await delivery.AcknowledgeAsync(Durability.MachineLoss, CancellationToken.None);
                journal.Acknowledge(name);
            }

            return some.Count > 0;
        }
        catch (Exception error)
            when (error is UndeterminedCommitException or StorageUnavailableException or LeaseLostException)
        {
            // It comes again, or does not.
            return true;
        }
    }
}
