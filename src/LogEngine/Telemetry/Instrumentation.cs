using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LogEngine.Telemetry;

/// <summary>The one meter and the one activity source.</summary>
/// <remarks>
/// Nothing is measured on the way of a commit: counters are observed, by whoever listens, from the
/// statistics that are kept anyway.
/// </remarks>
internal static class Instrumentation
{
    internal static Meter Meter { get; } = new(LogEngineTelemetry.MeterName);

    /// <summary>
    /// A histogram of seconds. Exporters' own buckets are made for milliseconds and would put every value
    /// into the first, so it says which ones fit.
    /// </summary>
    /// <param name="name">The instrument's name.</param>
    /// <param name="description">What it measures.</param>
    /// <param name="bounds">Upper bounds of the buckets, ascending.</param>
    internal static Histogram<double> Seconds(
        string name, string description, IReadOnlyList<double> bounds) =>
        Meter.CreateHistogram(
            name,
            "s",
            description,
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    internal static ActivitySource Activities { get; } = new(LogEngineTelemetry.ActivitySourceName);
}
