using System.Diagnostics;

namespace LogEngine.Telemetry;

/// <summary>W3C trace context in the headers of messages and of records of topics.</summary>
internal static class TraceHeaders
{
    private const string Parent = LogEngineTelemetry.TraceParent;
    private const string State = LogEngineTelemetry.TraceState;

    /// <summary>The headers with an activity as the sender, unless they name one; the same where there is none.</summary>
    internal static IReadOnlyDictionary<string, string>? With(
        IReadOnlyDictionary<string, string>? headers, Activity? activity)
    {
        if (activity is not { IdFormat: ActivityIdFormat.W3C, Id: { } id }
            || headers?.ContainsKey(Parent) == true)
        {
            return headers;
        }

        Dictionary<string, string> marked = headers is null
            ? new(StringComparer.Ordinal)
            : new(headers, StringComparer.Ordinal);
        marked[Parent] = id;

        // One without its parent is of another trace.
        marked.Remove(State);
        if (!string.IsNullOrEmpty(activity.TraceStateString))
        {
            marked[State] = activity.TraceStateString;
        }

        return marked;
    }
}
