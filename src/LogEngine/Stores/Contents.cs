namespace LogEngine.Stores;

/// <summary>Comparison of what collections hold: for records that are compared by their contents.</summary>
internal static class Contents
{
    /// <summary>Whether two hold the same values under the same names.</summary>
    internal static bool Same(
        IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(entry =>
            other.TryGetValue(entry.Key, out string? value) && value == entry.Value);
}
