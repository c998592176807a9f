namespace LogEngine.Compare.Measuring;

/// <summary>The middle of some figures.</summary>
internal static class Medians
{
    /// <summary>
    /// The middle one, or the mean of the middle two; of those that there are, null where there is none.
    /// </summary>
    internal static double? Of(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        int middle = sorted.Length / 2;
        return sorted.Length switch
        {
            0 => null,
            _ when sorted.Length % 2 == 1 => sorted[middle],
            _ => (sorted[middle - 1] + sorted[middle]) / 2,
        };
    }
}
