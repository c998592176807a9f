using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LogEngine.PostgreSqlTests;

/// <summary>Queues on PostgreSQL are measured and traced as the embedded ones are.</summary>
public sealed class QueueTelemetryTests(OneServer fixture) : IClassFixture<OneServer>
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);

    [SkippableFact]
    public async Task The_same_work_has_the_same_instruments_tags_counts_and_activities()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        string name = $"queue-{Guid.NewGuid():N}";
        (IReadOnlyList<string> Figures, IReadOnlyList<string> Activities) expected;
        await using (EmbeddedEngine embedded = StorageEngine.OpenInMemory())
        {
            expected = await MeasuredAsync(embedded, name);
        }

        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        (IReadOnlyList<string> Figures, IReadOnlyList<string> Activities) found =
            await MeasuredAsync(engine, name);
        Assert.Equal(Lines(expected.Figures), Lines(found.Figures));
        Assert.Equal(Lines(expected.Activities), Lines(found.Activities));

        // Nothing that must have happened was zero on both.
        foreach (string counter in new[]
        {
            "enqueued", "duplicates", "rejected", "delivered", "redelivered", "acknowledged", "refused",
            "leases_expired", "dead_lettered", "deleted", "dropped", "expired", "time_in_queue",
        })
        {
            Assert.Contains(found.Figures, figure => figure.StartsWith(
                $"logengine.queue.{counter} ", StringComparison.Ordinal)
                && !figure.EndsWith(" = 0", StringComparison.Ordinal));
        }

        Assert.Contains(
            found.Activities, a => a.StartsWith($"process {name} Consumer in a send", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_queue_is_shown_once_while_an_object_of_it_is_open()
    {
        string name = $"queue-{Guid.NewGuid():N}";
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(fixture.Options());
        using Listening listening = new(name);
        DurableQueue one = await engine.OpenQueueAsync(name);
        DurableQueue two = await engine.OpenQueueAsync(name);
        await one.EnqueueAsync(new QueueMessage(Text.Bytes("a")));
        await two.EnqueueAsync(new QueueMessage(Text.Bytes("b")));
        Assert.Equal([2], listening.Collect("logengine.queue.enqueued"));
        await one.DisposeAsync();
        Assert.Equal([2], listening.Collect("logengine.queue.enqueued"));
        Assert.Equal(2, listening.Collect("logengine.queue.messages").Sum());
        await two.DisposeAsync();
        Assert.Empty(listening.Collect("logengine.queue.enqueued"));
    }

    [SkippableFact]
    public async Task Without_its_server_a_queue_has_no_figures_and_keeps_nobody_waiting()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync("fsync=off");
        string name = $"queue-{Guid.NewGuid():N}";
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(new PostgreSqlEngineOptions
        {
            ConnectionString = server.ConnectionString,
            RetryTime = TimeSpan.FromSeconds(1),
        });
        await using DurableQueue queue = await engine.OpenQueueAsync(name);
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("a")));
        using Listening listening = new(name);
        Assert.Equal([1], listening.Collect("logengine.queue.enqueued"));
        await server.KillAsync();
        await Wait.UntilAsync(
            () =>
            {
                // Each: once 250 ms at most, whatever the machine adds.
                long began = Stopwatch.GetTimestamp();
                bool isEmpty = listening.Collect("logengine.queue.enqueued").Count == 0;
                Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(5), "it waits");
                return Task.FromResult(isEmpty);
            },
            "there are no figures");
        await server.StartAsync();
        await Wait.UntilAsync(
            () => Task.FromResult(listening.Collect("logengine.queue.enqueued") is [1]),
            "the figures are back");
    }

    private static async Task<(IReadOnlyList<string> Figures, IReadOnlyList<string> Activities)>
        MeasuredAsync(StorageEngine engine, string name)
    {
        using Listening listening = new(name);
        DurableQueue queue = await engine.OpenQueueAsync(
            name, new QueueOptions { MaxMessages = 6, MaxDeliveries = 2, LeaseDuration = Lease });
        await EnqueueAsync(queue);
        await DropAsync(engine, name);
        await SettleAsync(queue);
        return (listening.Figures(), listening.Activities());
    }

    /// <summary>An expired one, a duplicate, one that is removed, one too many.</summary>
    private static async Task EnqueueAsync(DurableQueue queue)
    {
        TimeSpan life = TimeSpan.FromMilliseconds(300);
        await queue.EnqueueAsync(Message("first"));
        await queue.EnqueueAsync(Message("short") with { TimeToLive = life });
        await (await queue.TryReceiveAsync())!.AcknowledgeAsync();
        await Task.Delay(life * 2);
        Assert.Null(await queue.TryReceiveAsync());
        await queue.EnqueueAsync(Message("a") with { DeduplicationId = "once" });
        await queue.EnqueueAsync(Message("a") with { DeduplicationId = "once" });
        EnqueueResult mistaken = await queue.EnqueueAsync(Message("mistaken"));
        Assert.Equal(MessageDeletion.Deleted, await queue.DeleteMessageAsync(mistaken.Id));
        await queue.EnqueueManyAsync([.. Enumerable.Range(0, 4).Select(i => Message($"{i}"))]);
        await queue.EnqueueAsync(Message("late") with { Delay = TimeSpan.FromDays(1) });
        await Assert.ThrowsAsync<QueueFullException>(async () => await queue.EnqueueAsync(Message("more")));
    }

    private static async Task DropAsync(StorageEngine engine, string name)
    {
        DurableQueue queue = await engine.OpenQueueAsync(
            $"{name}'", new QueueOptions { MaxMessages = 1, AtLimit = QueueLimitAction.DropOldest });
        await queue.EnqueueAsync(Message("old"));
        await queue.EnqueueAsync(Message("new"));
    }

    /// <summary>Every way out of a lease, and a processor.</summary>
    private static async Task SettleAsync(DurableQueue queue)
    {
        WriteBatch batch = queue.Engine.CreateBatch();
        (await queue.TryReceiveAsync())!.Acknowledge(batch);
        await queue.Engine.CommitAsync(batch);
        batch = queue.Engine.CreateBatch();
        queue.Enqueue(batch, Message("in a batch"));
        await queue.Engine.CommitAsync(batch);
        await (await queue.TryReceiveAsync())!.NegativeAcknowledgeAsync();
        Assert.NotNull(await queue.TryReceiveAsync());
        await Task.Delay(Lease * 1.5);

        // Of its two deliveries one was given back and one ended by itself.
        await (await queue.TryReceiveAsync())!.DeadLetterAsync("to be counted");
        await queue.EnqueueAsync(Message("traced"));
        QueueStatistics before = await queue.GetStatisticsAsync();
        QueueProcessor processor = new(
            queue,
            (delivery, _) => delivery.DeliveryCount == 1 && Text.Of(delivery.Body) == "3"
                ? throw new FormatException("a failure")
                : default,
            new QueueProcessorOptions { Concurrency = 1, RetryDelay = TimeSpan.Zero });
        await using (processor)
        {
            processor.Start();
            await Wait.UntilAsync(
                async () => await queue.GetStatisticsAsync() is { Ready: 0, Leased: 0 } now
                    && now.Acknowledged > before.Acknowledged,
                "all are handled");
            await processor.StopAsync();
        }
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines);

    private static QueueMessage Message(string text) => new(Text.Bytes(text));

    /// <summary>Everything that is measured and traced of a queue, and of another one of the same name and a stroke.</summary>
    private sealed class Listening : IDisposable
    {
        private readonly ConcurrentQueue<(Instrument Instrument, double Value, string Tags)> _seen = [];
        private readonly ConcurrentQueue<Activity> _stopped = [];
        private readonly MeterListener _meters = new();
        private readonly ActivityListener _activities;

        internal Listening(string queue)
        {
            _meters.InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == LogEngineTelemetry.MeterName)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            };
            _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            _meters.Start();
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == LogEngineTelemetry.ActivitySourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                    ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    if (activity.OperationName.EndsWith(queue, StringComparison.Ordinal))
                    {
                        _stopped.Enqueue(activity);
                    }
                },
            };
            ActivitySource.AddActivityListener(_activities);

            void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
            {
                string[] own = [.. tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal)];
                if (own.Any(tag => tag.TrimEnd('\'').EndsWith(queue, StringComparison.Ordinal)))
                {
                    _seen.Enqueue((instrument, value, string.Join(' ', own)));
                }
            }
        }

        public void Dispose()
        {
            _meters.Dispose();
            _activities.Dispose();
        }

        /// <summary>What an observed instrument shows now, or within a second.</summary>
        internal List<double> Collect(string instrument)
        {
            Thread.Sleep(TimeSpan.FromSeconds(1.1));
            _seen.Clear();
            _meters.RecordObservableInstruments();
            return [.. _seen.Where(seen => seen.Instrument.Name == instrument).Select(seen => seen.Value)];
        }

        /// <summary>
        /// A line for each instrument with its tags: the value, of a histogram how many. Bytes are those of each
        /// engine's own form.
        /// </summary>
        internal IReadOnlyList<string> Figures()
        {
            Thread.Sleep(TimeSpan.FromSeconds(1.1));
            _meters.RecordObservableInstruments();
            return
            [
                .. _seen.GroupBy(seen => (seen.Instrument.Name, seen.Tags)).Select(group =>
                {
                    Instrument instrument = group.First().Instrument;
                    double value = instrument is Histogram<double> ? group.Count()
                        : instrument.Unit == "By" ? Math.Sign(group.Sum(seen => seen.Value))
                        : group.Sum(seen => seen.Value);
                    return $"{instrument.Name} {instrument.GetType().Name} {instrument.Unit} {group.Key.Tags} = {value}";
                }).Order(StringComparer.Ordinal),
            ];
        }

        internal IReadOnlyList<string> Activities()
        {
            ILookup<ActivitySpanId, Activity> spans = _stopped.ToLookup(activity => activity.SpanId);
            return
            [
                .. _stopped.Select(activity => string.Join(
                    ' ',
                    activity.OperationName,
                    activity.Kind,
                    spans[activity.ParentSpanId].Any() ? "in a send" : "alone",
                    activity.Status,
                    string.Join(' ', activity.TagObjects.Select(Shown))))
                .Order(StringComparer.Ordinal),
            ];
        }

        /// <summary>Ids are numbers of each engine's own.</summary>
        private static string Shown(KeyValuePair<string, object?> tag) => tag.Key == "messaging.message.id"
            ? tag.Key
            : $"{tag.Key}={tag.Value}";
    }
}
