using System.Diagnostics;

namespace LogEngine;

/// <summary>Names under which the library measures and traces; docs/metrics.md lists what there is.</summary>
public static class LogEngineTelemetry
{
    /// <summary>Name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "LogEngine";

    /// <summary>Name of the <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string ActivitySourceName = "LogEngine";

    /// <summary>The header that says which activity sent a message.</summary>
    internal const string TraceParent = "traceparent";

    /// <summary>What tracing systems have added to it; only beside the other.</summary>
    internal const string TraceState = "tracestate";

    /// <summary>
    /// The activity that sent a message or appended a record to a topic, by its W3C trace context in the headers
    /// <c>traceparent</c> and <c>tracestate</c>: to be the parent of what is done with it, or a link.
    /// </summary>
    /// <param name="headers">Headers of a delivery or a record.</param>
    /// <param name="sender">The activity; the default value where headers name none.</param>
    /// <returns>Whether they name one.</returns>
    public static bool TryReadTraceContext(
        IReadOnlyDictionary<string, string> headers, out ActivityContext sender)
    {
        ArgumentNullException.ThrowIfNull(headers);
        return ActivityContext.TryParse(
            headers.GetValueOrDefault(TraceParent),
            headers.GetValueOrDefault(TraceState),
            isRemote: true,
            out sender);
    }
}
