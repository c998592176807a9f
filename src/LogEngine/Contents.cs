namespace LogEngine;

/// <summary>
/// Hashes of what memory and collections hold: for values that are compared by their contents, where the
/// comparison that a record is given would ask whether both are the same memory.
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
}
