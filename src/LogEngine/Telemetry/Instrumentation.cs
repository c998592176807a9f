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

    internal static ActivitySource Activities { get; } = new(LogEngineTelemetry.ActivitySourceName);
}
