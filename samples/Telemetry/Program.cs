using System.Diagnostics;
using System.Globalization;
using LogEngine;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

// Orders go through a queue to a handler, which appends an event to a topic, which an auditor reads: one trace from
// end to end, and the metrics of all of it, exported by OTLP. The exporter takes its settings from the environment:
// OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4317), OTEL_EXPORTER_OTLP_PROTOCOL (grpc, http/protobuf).
int orders = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 500;
string directory = Path.Combine(Path.GetTempPath(), $"logengine-telemetry-{Guid.NewGuid():N}");
using ActivitySource source = new("Shop");
ResourceBuilder resource = ResourceBuilder.CreateDefault().AddService("shop");

// The buckets of histograms come with the instruments; no view is needed.
using MeterProvider metrics = Sdk.CreateMeterProviderBuilder()
    .SetResourceBuilder(resource)
    .AddMeter(LogEngineTelemetry.MeterName)
    .AddOtlpExporter((_, reader) =>
        reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = 5000)
    .Build();
using TracerProvider traces = Sdk.CreateTracerProviderBuilder()
    .SetResourceBuilder(resource)
    .AddSource(LogEngineTelemetry.ActivitySourceName, source.Name)
    .AddOtlpExporter()
    .Build();

try
{
    await using EmbeddedEngine engine = await StorageEngine.OpenAsync(directory);
    await using DurableQueue queue = await engine.OpenQueueAsync("orders");
    await using Topic events = await engine.OpenTopicAsync("events");
    ConsumerGroup audit = await events.GetGroupAsync("audit");

    // The handler runs in `process orders`, so that what it appends is a part of the same trace.
    await using QueueProcessor processor = new(
        queue,
        async (delivery, cancellationToken) => await events.AppendAsync(
            delivery.Body, cancellationToken: cancellationToken));
    processor.Start();
    for (int number = 1; number <= orders; number++)
    {
        using Activity? order = source.StartActivity("order");
        order?.SetTag("order.number", number);
        await queue.EnqueueAsync(new QueueMessage(BitConverter.GetBytes(number)));
    }

    int audited = 0;
    while (audited < orders)
    {
        TopicRead read = await audit.ReadAsync(100, TimeSpan.FromSeconds(30));
        foreach (TopicRecord record in read.Records)
        {
            // A topic has no processor: its reader goes on with the trace by the headers.
            _ = LogEngineTelemetry.TryReadTraceContext(record.Headers, out ActivityContext sender);
            using Activity? auditing = source.StartActivity("audit", ActivityKind.Consumer, sender);
            audited++;
        }

        if (read.Records.Count == 0)
        {
            throw new TimeoutException($"only {audited} of {orders} orders came through");
        }

        await audit.CommitAsync(read.Records[^1].Offset);
    }

    await processor.StopAsync();

    // What is measured is gone once it is closed: it is exported before.
    const int PatienceMilliseconds = 10_000;
    bool exported = metrics.ForceFlush(PatienceMilliseconds) & traces.ForceFlush(PatienceMilliseconds);
    Console.WriteLine(
        $"{orders} orders came through; {(exported ? "exported" : "nobody took what was exported")}");
}
finally
{
    Directory.Delete(directory, recursive: true);
}
