using BenchmarkDotNet.Attributes;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogEngine.Benchmarks;

/// <summary>What a message pays for instruments and traces that nobody listens to.</summary>
[MemoryDiagnoser]
public class TelemetryBenchmarks
{
    private readonly DateTimeOffset _sent = TimeProvider.System.GetUtcNow();

    /// <summary>On its way out: is there somebody who measures?</summary>
    [Benchmark]
    public void Deliver() => QueueMetrics.Delivered(
        "bench", _sent, TimeProvider.System, NullLogger.Instance);
}
