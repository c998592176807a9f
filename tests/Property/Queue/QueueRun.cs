using System.Text;
using LogEngine.Stores.Queues;

namespace LogEngine.Properties.Queue;

/// <summary>Does the same on a queue and on the model, and compares what can be seen.</summary>
internal sealed class QueueRun : IAsyncDisposable
{
    private const int MaxDeliveries = 3;
    private const int StarvationLimit = 3;
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(45);

    private readonly ScratchDirectory _scratch = new();
    private readonly ManualTime _time = new();
    private readonly QueueModel _model = new(MaxDeliveries, StarvationLimit, LeaseTime, Window);

    /// <summary>All deliveries ever, stale ones too.</summary>
    private readonly List<QueueDelivery> _deliveries = [];
    private EmbeddedEngine _engine = null!;
    private DurableQueue _queue = null!;
    private int _opens;
    private readonly Dictionary<QueueDelivery, int> _openOf = [];
    private int _sent;

    internal async Task OpenAsync()
    {
        _opens++;
        _engine = await StorageEngine.OpenAsync(_scratch.Path, new StorageEngineOptions
        {
            SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
            GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
            SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
            TimeProvider = _time,
        });
        _queue = await _engine.OpenQueueAsync("q", new QueueOptions
        {
            MaxDeliveries = MaxDeliveries,
            StarvationLimit = StarvationLimit,
            LeaseDuration = LeaseTime,
            DeduplicationWindow = Window,
        });
    }

    internal async Task StepAsync(QueueStep step)
    {
        switch (step.Action)
        {
            case QueueAction.Enqueue:
                await EnqueueAsync(step);
                break;
            case QueueAction.EnqueueMany:
                await EnqueueManyAsync(step);
                break;
            case QueueAction.Receive:
                await ReceiveAsync(1 + (step.Number % 4));
                break;
            case QueueAction.Pass:
                _time.Advance(TimeSpan.FromSeconds(step.Seconds));
                _model.Wall += TimeSpan.FromSeconds(step.Seconds);
                _model.Monotonic += TimeSpan.FromSeconds(step.Seconds);
                break;
            case QueueAction.SetClock:
                _model.Wall += TimeSpan.FromSeconds(step.Number % 2 == 0 ? -step.Seconds : step.Seconds);
                _time.SetUtcNow(_model.Wall);
                break;
            case QueueAction.Replay:
                await ReplayAsync(step.Number);
                break;
            case QueueAction.Purge:
                await _queue.PurgeAsync(Durability.ProcessCrash);
                _model.Purge();
                break;
            case QueueAction.Delete:
                await DeleteAsync(step.Number);
                break;
            case QueueAction.Reopen:
                await CloseAsync();
                await OpenAsync();
                _model.Reopen();
                break;
            default:
                await SettleAsync(step);
                break;
        }

        Compare();
    }

    /// <summary>Everything that is left comes out, in the model's order.</summary>
    internal async Task DrainAsync()
    {
        _time.Advance(TimeSpan.FromDays(1));
        _model.Wall += TimeSpan.FromDays(1);
        _model.Monotonic += TimeSpan.FromDays(1);
        while (await ReceiveAsync(5) is { Count: > 0 } delivered)
        {
            foreach (QueueDelivery delivery in delivered)
            {
                await delivery.AcknowledgeAsync(Durability.ProcessCrash);
                _model.Remove(_model.Current(delivery.Id, delivery.DeliveryCount)!);
            }
        }

        Compare();
        QueueStatistics end = _queue.Statistics;
        Assert.Equal((0, 0, 0, 0), (end.Ready, end.Scheduled, end.Leased, end.Bytes));
        Assert.Equal(0, _engine.GetStoreKeyspace("queue/q/messages").Count);

        // Counts of deliveries are removed many at a time; with the queue at the latest.
        await _queue.DisposeAsync();
        Assert.Equal(0, _engine.GetStoreKeyspace("queue/q/attempts").Count);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _scratch.Dispose();
    }

    private async Task CloseAsync()
    {
        await _queue.DisposeAsync();
        await _engine.DisposeAsync();
    }

    private QueueMessage Message(QueueStep step) => new(Encoding.UTF8.GetBytes($"{++_sent}"))
    {
        Lane = step.Lane,
        Delay = TimeSpan.FromSeconds(step.Seconds),
        DeduplicationId = Dedupe(step),
        GroupId = Group(step),
    };

    private static string? Group(QueueStep step) => step.Group == 0 ? null : $"group {step.Group}";

    private static string? Dedupe(QueueStep step) => step.Dedupe == 0
        ? null
        : KeyFamilies.TextOf(step.Dedupe);

    private async Task EnqueueAsync(QueueStep step)
    {
        QueueMessage message = Message(step);
        long? duplicate = _model.DuplicateOf(message.DeduplicationId);
        EnqueueResult result = await _queue.EnqueueAsync(message, Durability.ProcessCrash);
        if (_model.MayBeForgotten(message.DeduplicationId)
            && result.Outcome == EnqueueOutcome.Enqueued)
        {
            duplicate = null;
        }

        Assert.Equal(
            duplicate is null ? EnqueueOutcome.Enqueued : EnqueueOutcome.Duplicate, result.Outcome);
        if (duplicate is { } original)
        {
            Assert.Equal(original, result.Id);
        }
        else
        {
            _model.Enqueue(result.Id, $"{_sent}", step.Lane, step.Seconds, Dedupe(step), Group(step));
        }
    }

    private async Task EnqueueManyAsync(QueueStep step)
    {
        QueueStep plain = step with { Dedupe = 0 };
        int first = _sent + 1;
        QueueMessage[] messages = [.. Enumerable.Range(0, step.Number).Select(_ => Message(plain))];
        IReadOnlyList<EnqueueResult> results =
            await _queue.EnqueueManyAsync(messages, Durability.ProcessCrash);
        for (int i = 0; i < results.Count; i++)
        {
            _model.Enqueue(results[i].Id, $"{first + i}", step.Lane, step.Seconds, null, Group(step));
        }
    }

    private async Task<IReadOnlyList<QueueDelivery>> ReceiveAsync(int most)
    {
        IReadOnlyList<QueueDelivery> received = await _queue.ReceiveManyAsync(most);
        List<ModelMessage> expected = _model.Receive(most);
        Assert.Equal(
            expected.Select(m => (m.Id, m.Lane, m.Deliveries, m.Body)),
            received.Select(d =>
                (d.Id, d.Lane, d.DeliveryCount, Encoding.UTF8.GetString(d.Body.Span))));
        _deliveries.AddRange(received);
        foreach (QueueDelivery delivery in received)
        {
            _openOf[delivery] = _opens;
        }

        return received;
    }

    /// <summary>Settles any delivery there ever was; a stale one must be refused.</summary>
    private async Task SettleAsync(QueueStep step)
    {
        if (_deliveries.Count == 0)
        {
            return;
        }

        // Mostly a late one, so that it is mostly current.
        QueueDelivery delivery = _deliveries[^(1 + Math.Min(step.Number, _deliveries.Count - 1))];
        ModelMessage? current = _openOf[delivery] == _opens
            ? _model.Current(delivery.Id, delivery.DeliveryCount)
            : null;
        try
        {
            await SettleAsync(step, delivery, current);
            Assert.NotNull(current);
        }
        catch (LeaseLostException)
        {
            Assert.Null(current);
        }
    }

    private async Task SettleAsync(QueueStep step, QueueDelivery delivery, ModelMessage? current)
    {
        LeaseToken lease = delivery.Lease;
        switch (step.Action)
        {
            case QueueAction.Acknowledge:
                await _queue.AcknowledgeAsync(lease, Durability.ProcessCrash);
                _model.Remove(current!);
                break;
            case QueueAction.AcknowledgeAndEnqueue:
                WriteBatch batch = _engine.CreateBatch();
                _queue.Enqueue(batch, Message(step with { Dedupe = 0 }));
                _queue.Acknowledge(batch, lease);
                await _engine.CommitAsync(batch, Durability.ProcessCrash);
                _model.Remove(current!);

                // Its id is the next one: nothing else runs.
                PeekNew(step);
                break;
            case QueueAction.Refuse:
                await _queue.NegativeAcknowledgeAsync(lease, TimeSpan.FromSeconds(step.Seconds));
                _model.Refuse(current!, step.Seconds);
                break;
            case QueueAction.DeadLetter:
                await _queue.DeadLetterAsync(lease, "step", Durability.ProcessCrash);
                current!.Place = ModelPlace.Dead;
                break;
            case QueueAction.Renew:
                await _queue.RenewAsync(lease);
                _model.Renew(current!);
                break;
        }
    }

    /// <summary>Tells the model the id of what a batch enqueued: the highest in the index.</summary>
    private void PeekNew(QueueStep step)
    {
        long id = 0;
        using EmbeddedKeyScan scan = _engine.GetStoreKeyspace("queue/q/messages").Scan();
        while (scan.MoveNext())
        {
            Assert.True(QueueEntry.TryRead(scan.Key, scan.Info.Version, out QueueEntry entry));
            id = Math.Max(id, entry.Id);
        }

        _model.Enqueue(id, $"{_sent}", step.Lane, step.Seconds, null, Group(step));
    }

    private async Task ReplayAsync(int number)
    {
        List<ModelMessage> dead = [.. _model.In(ModelPlace.Dead).OrderBy(m => m.Id)];
        if (dead.Count == 0)
        {
            Assert.Equal(0, await _queue.DeadLetters.ReplayAllAsync(Durability.ProcessCrash));
            return;
        }

        ModelMessage chosen = dead[number % dead.Count];
        Assert.True(await _queue.DeadLetters.ReplayAsync(chosen.Id, Durability.ProcessCrash));
        Assert.False(await _queue.DeadLetters.ReplayAsync(chosen.Id, Durability.ProcessCrash));
        _model.Remove(chosen);
        _sent++;
        PeekNew(new QueueStep(QueueAction.Replay, chosen.Lane, 0, 0, 0));
        ModelMessage again = _model.In(ModelPlace.Ready).MaxBy(m => m.Id)!;
        _model.Remove(again);
        _model.Enqueue(again.Id, chosen.Body, chosen.Lane, 0, null, chosen.Group);
    }

    /// <summary>Any message, wherever it is, and one that is nowhere.</summary>
    private async Task DeleteAsync(int number)
    {
        _model.Advance();
        List<ModelMessage> all = [.. _model.All.OrderBy(m => m.Id)];
        ModelMessage? chosen = all.Count == 0 ? null : all[number % all.Count];
        MessageDeletion expected = chosen is null ? MessageDeletion.NotFound
            : chosen.Place == ModelPlace.Leased ? MessageDeletion.Leased
            : MessageDeletion.Deleted;
        Assert.Equal(
            expected, await _queue.DeleteMessageAsync(chosen?.Id ?? 1, Durability.ProcessCrash));
        if (expected == MessageDeletion.Deleted)
        {
            _model.Remove(chosen!);
            Assert.Equal(
                MessageDeletion.NotFound,
                await _queue.DeleteMessageAsync(chosen!.Id, Durability.ProcessCrash));
        }
    }

    private void Compare()
    {
        QueueStatistics seen = _queue.Statistics;
        _model.Advance();
        Assert.Equal(
            (_model.In(ModelPlace.Ready).Count(_model.IsFirst),
                _model.In(ModelPlace.Scheduled).Count(_model.IsFirst),
                _model.All.Count(m => m.Place is ModelPlace.Ready or ModelPlace.Scheduled
                    && !_model.IsFirst(m)),
                _model.In(ModelPlace.Leased).Count(), _model.In(ModelPlace.Dead).Count()),
            ((int)seen.Ready, (int)seen.Scheduled, (int)seen.HeldBack, (int)seen.Leased,
                (int)seen.Dead));
    }
}
