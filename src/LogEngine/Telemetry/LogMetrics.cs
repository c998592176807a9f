using System.Diagnostics.Metrics;

namespace LogEngine.Telemetry;

/// <summary>Instruments of logs.</summary>
internal static class LogMetrics
{
    private static readonly Counter<long> Removed = Instrumentation.Meter.CreateCounter<long>(
        "logengine.log.retention.removed", "By", "Bytes of segments that retention removed.");

    internal static void NoteRemoved(string directory, long bytes) => Removed.Add(
        bytes, new KeyValuePair<string, object?>(EngineMetrics.DirectoryTag, directory));
}
