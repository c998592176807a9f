namespace LogEngine;

/// <summary>Names under which the library measures and traces; docs/metrics.md lists what there is.</summary>
public static class LogEngineTelemetry
{
    /// <summary>Name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "LogEngine";

    /// <summary>Name of the <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string ActivitySourceName = "LogEngine";
}
