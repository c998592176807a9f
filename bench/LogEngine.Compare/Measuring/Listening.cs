using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LogEngine.Compare.Measuring;

/// <summary>Listens to LogEngine as an exporter does, or not at all.</summary>
internal sealed class Listening : IDisposable
{
    internal const string Nobody = "nobody";
    internal const string Metrics = "metrics";
    internal const string Traces = "traces";

    private readonly MeterListener? _metrics;
    private readonly ActivityListener? _traces;
    private readonly Timer? _collector;
    private long _measurements;
    private long _activities;

    /// <param name="side">Who listens.</param>
    internal Listening(string side)
    {
        if (side == Metrics)
        {
            _metrics = new MeterListener { InstrumentPublished = Enable };
            _metrics.SetMeasurementEventCallback<long>((_, _, _, _) => Count(ref _measurements));
            _metrics.SetMeasurementEventCallback<double>((_, _, _, _) => Count(ref _measurements));
            _metrics.Start();
            _collector = new Timer(
                _ => _metrics.RecordObservableInstruments(), null, dueTime: 1000, period: 1000);
        }
        else if (side == Traces)
        {
            _traces = new ActivityListener
            {
                ShouldListenTo = source => source.Name == LogEngineTelemetry.ActivitySourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                    ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _ => Count(ref _activities),
            };
            ActivitySource.AddActivityListener(_traces);
        }
    }

    /// <summary>What was heard.</summary>
    internal string Note => (_metrics, _traces) switch
    {
        (not null, _) => $"{Interlocked.Read(ref _measurements):N0} measurements",
        (_, not null) => $"{Interlocked.Read(ref _activities):N0} activities",
        _ => "nobody listens",
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _collector?.Dispose();
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    private static void Enable(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name == LogEngineTelemetry.MeterName)
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private static void Count(ref long counter) => Interlocked.Increment(ref counter);
}
