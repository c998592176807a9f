using System.Globalization;

namespace LogEngine.Compare.Reporting;

/// <summary>Where a figure lies on an axis, and which of them are marked.</summary>
internal sealed class PlotScale
{
    private const int MostTicks = 6;

    private readonly double _low;
    private readonly double _high;
    private readonly bool _isLog;

    /// <param name="values">All figures; of a logarithmic axis all above 0.</param>
    /// <param name="isLog">Whether equal factors are equal distances.</param>
    internal PlotScale(IEnumerable<double> values, bool isLog)
    {
        double[] all = [.. values.DefaultIfEmpty(1)];
        _isLog = isLog;
        if (isLog)
        {
            // Whole decades, one at least.
            _low = Math.Floor(Math.Log10(all.Min()));
            _high = Math.Max(_low + 1, Math.Ceiling(Math.Log10(all.Max())));
            Ticks = [.. Enumerable.Range((int)_low, (int)(_high - _low) + 1).Select(n => Math.Pow(10, n))];
        }
        else
        {
            double top = all.Max() > 0 ? all.Max() : 1;
            double step = StepFor(top);
            _high = Math.Ceiling(top / step) * step;
            Ticks = [.. Enumerable.Range(0, (int)Math.Round(_high / step) + 1).Select(n => n * step)];
        }
    }

    /// <summary>Figures with a mark, ascending.</summary>
    internal IReadOnlyList<double> Ticks { get; }

    /// <summary>From 0 at the low end to 1 at the high end.</summary>
    internal double Of(double value) =>
        ((_isLog ? Math.Log10(value) : value) - _low) / (_high - _low);

    /// <summary>A figure in few letters.</summary>
    internal static string Text(double value) => Math.Abs(value) switch
    {
        >= 1e9 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e9:0.##} G"),
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e6:0.##} M"),
        >= 1e3 => string.Create(CultureInfo.InvariantCulture, $"{value / 1e3:0.##} k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.###}"),
    };

    /// <summary>1, 2 or 5 times a power of ten: the smallest that needs few enough.</summary>
    private static double StepFor(double high)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(high / MostTicks)));
        return power * new double[] { 1, 2, 5, 10 }.First(step => high / (power * step) <= MostTicks);
    }
}
