using System.Diagnostics;
using LogEngine;
using LogEngine.OpenTelemetry;
using OpenTelemetry;
using OpenTelemetry.Trace;
using OpenTelemetrySample;

// Spans whose collector is away for a while, also while the program is started again: what could not be sent is stored,
// and sent later.
string directory = args.Length > 0
    ? args[0]
    : Path.Combine(Path.GetTempPath(), $"logengine-telemetry-{Guid.NewGuid():N}");
using ActivitySource source = new("sample");
await RunAsync("while the collector is away", isThere: false);

// What was tried in vain is leased for half a second.
await Task.Delay(TimeSpan.FromSeconds(1));
await RunAsync("once it is there", isThere: true);

async Task RunAsync(string when, bool isThere)
{
    await using StorageEngine engine = await StorageEngine.OpenAsync(directory);
    LogEngineBlobProvider storage = new(engine);
    using TracerProvider tracer = Sdk.CreateTracerProviderBuilder()
        .AddSource(source.Name)
        .AddProcessor(new SimpleActivityExportProcessor(new StoringExporter(storage, span =>
        {
            Console.WriteLine(isThere ? $"sent: {span}" : $"not sent: {span}");
            return isThere;
        })))
        .Build();
    for (int number = 1; number <= 3; number++)
    {
        using Activity? span = source.StartActivity($"span {number} {when}");
    }

    Console.WriteLine($"{when}: {storage.CountBytes()} bytes are stored");
}
