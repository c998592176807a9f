using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using LogEngine.Stores.Queues;
using LogEngine.Unit.Queue;

namespace LogEngine.Unit.Telemetry;

public sealed class MetricsTests(MeasuredInstruments measured)
    : IClassFixture<MeasuredInstruments>
{
    public static IEnumerable<object[]> Rows =>
        File.ReadAllLines(Repository.RequireFile("docs", "metrics.md"))
            .Where(line => line.StartsWith("| `logengine.", StringComparison.Ordinal)
                || line.StartsWith("| `messaging.", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => new object[] { cells[1].Trim('`'), cells[2], cells[3].Trim('`') });

    [SkippableTheory]
    [MemberData(nameof(Rows), DisableDiscoveryEnumeration = true)]
    public void Every_instrument_of_the_page_is_there_and_moves(
        string name, string kind, string unit)
    {
        (Instrument Instrument, double Value)[] found =
            [.. measured.Seen.Where(s => s.Instrument.Name == name)];
        Assert.NotEmpty(found);
        Assert.All(found, f => Assert.Equal(unit, f.Instrument.Unit));
        Assert.All(found, f => Assert.Equal(kind, KindOf(f.Instrument)));
        Assert.True(found.Sum(f => f.Value) > 0, "it is 0 whatever happens");
    }

    [SkippableFact]
    public void Every_instrument_is_on_the_page() => Assert.Equal(
        Rows.Select(row => (string)row[0]).Order(),
        measured.Seen.Select(s => s.Instrument.Name).Distinct().Order());

    /// <summary>
    /// Case J: exporters' own buckets are made for milliseconds; every value in seconds fell into the
    /// first.
    /// </summary>
    [Fact]
    public void Histograms_say_which_buckets_fit()
    {
        Histogram<double>[] histograms =
        [
            .. measured.Seen.Select(s => s.Instrument).OfType<Histogram<double>>().Distinct(),
        ];
        Assert.NotEmpty(histograms);
        Assert.All(histograms, histogram =>
        {
            Assert.Contains(histogram.Unit, (string[])["s", "By"]);
            IReadOnlyList<double>? bounds = histogram.Advice?.HistogramBucketBoundaries;
            Assert.NotNull(bounds);
            Assert.Equal(bounds.Order().Distinct(), bounds);
            Assert.InRange(bounds[0], 0.001, 0.01);
            Assert.True(bounds.Count > 10);
        });
    }

    [Fact]
    public async Task Counters_of_a_queue_say_what_happened_and_end_with_it()
    {
        ConcurrentBag<(Instrument Instrument, double Value)> seen = [];
        string name = $"queue-{Guid.NewGuid():N}";
        using MeterListener listener = Measurements.Listen(seen, new HashSet<string> { name });
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        DurableQueue queue = await engine.OpenQueueAsync(name);
        await queue.EnqueueAsync(new QueueMessage(new byte[10]));
        await queue.EnqueueAsync(new QueueMessage(new byte[10]));
        await (await queue.TryReceiveAsync())!.AcknowledgeAsync();
        listener.RecordObservableInstruments();
        Assert.Equal(2, Value("logengine.queue.enqueued"));
        Assert.Equal(1, Value("logengine.queue.delivered"));
        Assert.Equal(1, Value("logengine.queue.acknowledged"));
        Assert.Equal(1, seen.Where(s => s.Instrument.Name == "logengine.queue.messages")
            .Sum(s => s.Value));
        await queue.DisposeAsync();
        seen.Clear();
        listener.RecordObservableInstruments();
        Assert.Empty(seen);

        double Value(string instrument) =>
            Assert.Single(seen, s => s.Instrument.Name == instrument).Value;
    }

    [Fact]
    public async Task An_engine_is_healthy_until_a_write_fails_and_faulted_then()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        string directory = fixture.Engine.Recovery.Directory;
        ConcurrentDictionary<string, long> states = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "logengine.engine.state")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            KeyValuePair<string, object?>[] all = tags.ToArray();
            if (all.Any(tag => directory.Equals(tag.Value)))
            {
                states[(string)all.Single(tag => tag.Key == "logengine.engine.state").Value!] = value;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal((1, 0, 0), (states["healthy"], states["degraded"], states["faulted"]));

        fixture.Files.Before = (operation, path) =>
        {
            if (operation == "write" && path.EndsWith(".seg", StringComparison.Ordinal))
            {
                throw new StorageIOException("write", path, 5, "error");
            }
        };
        await Assert.ThrowsAsync<StorageFaultedException>(async () => await fixture.SendAsync("x"));
        await fixture.Engine.Faulted.Soon();
        listener.RecordObservableInstruments();
        Assert.Equal((0, 0, 1), (states["healthy"], states["degraded"], states["faulted"]));
        fixture.Files.Before = null;
    }

    [Fact]
    public async Task A_processor_works_in_the_trace_that_sent_the_message()
    {
        string name = $"queue-{Guid.NewGuid():N}";
        ConcurrentBag<Activity> stopped = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == LogEngineTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped.Add,
        };
        ActivitySource.AddActivityListener(listener);
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await using DurableQueue queue = await engine.OpenQueueAsync(name);
        TaskCompletionSource handled = new();
        await using (QueueProcessor processor = new(queue, (_, _) =>
        {
            handled.SetResult();
            return default;
        }))
        {
            processor.Start();
            await queue.EnqueueAsync(new QueueMessage(new byte[1]));
            await handled.Task.Soon();
            await processor.StopAsync().Soon();
        }

        Activity send = Assert.Single(stopped, a => a.OperationName == $"send {name}");
        Activity process = Assert.Single(stopped, a => a.OperationName == $"process {name}");
        Assert.Equal(ActivityKind.Producer, send.Kind);
        Assert.Equal(ActivityKind.Consumer, process.Kind);
        Assert.Equal(send.TraceId, process.TraceId);
        Assert.Equal(send.SpanId, process.ParentSpanId);
    }

    // The activity of a send stayed current for its caller, so each send became a child of the one before.
    [Fact]
    public async Task A_send_is_over_for_whoever_sent()
    {
        string name = $"queue-{Guid.NewGuid():N}";
        ConcurrentBag<Activity> stopped = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == LogEngineTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = stopped.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path);
        await using DurableQueue queue = await engine.OpenQueueAsync(name);
        for (int i = 0; i < 3; i++)
        {
            ValueTask<EnqueueResult> sending = queue.EnqueueAsync(new QueueMessage(new byte[1]));
            Assert.Null(Activity.Current);
            await sending;
            Assert.Null(Activity.Current);
        }

        Activity[] sends = [.. stopped.Where(a => a.OperationName == $"send {name}")];
        Assert.Equal(3, sends.Length);
        Assert.Equal(3, sends.Select(send => send.TraceId).Distinct().Count());
    }

    private static string KindOf(Instrument instrument) => instrument switch
    {
        ObservableCounter<long> or Counter<long> => "counter",
        ObservableUpDownCounter<long> => "up-down",
        Histogram<double> => "histogram",
        _ => instrument.GetType().Name,
    };
}
