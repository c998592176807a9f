using System.Diagnostics;
using System.Globalization;

namespace LogEngine.CrashSim.Simulated;

/// <summary>How long the random part of the crash tests may take.</summary>
internal sealed class FaultBudget(TimeSpan length)
{
    /// <summary>Above it a run counts as long and goes to greater depth.</summary>
    private const double LongSeconds = 600;

    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <summary>Seconds asked for; 0 where nothing was said.</summary>
    internal static double Asked { get; } = double.TryParse(
        Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SECONDS"),
        NumberStyles.Float,
        CultureInfo.InvariantCulture,
        out double seconds) ? seconds : 0;

    internal static bool IsLong => Asked >= LongSeconds;

    internal bool IsOver => Stopwatch.GetElapsedTime(_begun) >= length;

    internal TimeSpan Elapsed => Stopwatch.GetElapsedTime(_begun);

    /// <summary>
    /// Seeds of the random part; the same ones in every run unless told otherwise.
    /// </summary>
    internal static int Seed { get; } = int.TryParse(
        Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SEED"),
        NumberStyles.Integer,
        CultureInfo.InvariantCulture,
        out int seed) ? seed : 1;

    /// <summary>So many seconds, or more where the run is to be longer.</summary>
    internal static FaultBudget OfAtLeast(double seconds) =>
        new(TimeSpan.FromSeconds(Math.Max(seconds, Asked)));
}
