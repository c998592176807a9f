using System.Diagnostics;
using System.Globalization;

namespace LogEngine.Stress;

/// <summary>How long the random part goes on, and from which seed.</summary>
internal sealed class StressBudget(TimeSpan length)
{
    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <summary>LOGENGINE_STRESS_SECONDS; for each storm, 4 by default.</summary>
    internal static StressBudget OfStorm() => new(TimeSpan.FromSeconds(
        Number("LOGENGINE_STRESS_SECONDS", 4)));

    /// <summary>LOGENGINE_STRESS_SEED; 1 by default.</summary>
    internal static int Seed => (int)Number("LOGENGINE_STRESS_SEED", 1);

    internal bool IsOver => Stopwatch.GetElapsedTime(_begun) >= length;

    internal TimeSpan Left => length - Stopwatch.GetElapsedTime(_begun);

    private static double Number(string variable, double otherwise) => double.TryParse(
        Environment.GetEnvironmentVariable(variable),
        NumberStyles.Float,
        CultureInfo.InvariantCulture,
        out double number) ? number : otherwise;
}
