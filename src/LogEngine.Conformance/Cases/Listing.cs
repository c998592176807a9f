using System.Text.Json;

namespace LogEngine.Conformance.Cases;

/// <summary>Shorthand of the cases.</summary>
internal static class Listing
{
    internal static async Task<List<T>> ToListAsync<T>(this IAsyncEnumerable<T> items)
    {
        List<T> all = [];
        await foreach (T item in items)
        {
            all.Add(item);
        }

        return all;
    }

    internal static JsonElement Json(string text) => JsonElement.Parse(text);

    /// <summary>Bytes that compress to nothing else and are the same for the same seed.</summary>
    internal static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
