using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace LogEngine.Unit.Telemetry;

/// <summary>Collects what LogEngine's instruments measure.</summary>
internal static class Measurements
{
    /// <summary>Listens to all instruments, to what carries one of some names as a tag.</summary>
    internal static MeterListener Listen(
        ConcurrentBag<(Instrument Instrument, double Value)> seen, IReadOnlySet<string> names)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == LogEngineTelemetry.MeterName)
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>(
            (instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        return listener;

        void Note(
            Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (KeyValuePair<string, object?> tag in tags)
            {
                if (tag.Value is string text && names.Contains(text))
                {
                    seen.Add((instrument, value));
                    return;
                }
            }
        }
    }
}
