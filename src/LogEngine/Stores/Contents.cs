namespace LogEngine.Stores;

/// <summary>
/// Hashes of what memory and collections hold: for values that are compared by their contents, where the
/// comparison that a record is given would ask whether both are the same memory. Stores have their own, since they
/// use only what is public.
/// </summary>
internal static class Contents
{
    internal static int Hash(ReadOnlyMemory<byte> bytes)
    {
        HashCode hash = default;
        hash.AddBytes(bytes.Span);
        return hash.ToHashCode();
    }

    internal static int Hash<T>(IReadOnlyList<T> items)
    {
        HashCode hash = default;
        foreach (T item in items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    /// <summary>Whether two hold the same values under the same names.</summary>
    internal static bool Same(
        IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(entry =>
            other.TryGetValue(entry.Key, out string? value) && value == entry.Value);
}
