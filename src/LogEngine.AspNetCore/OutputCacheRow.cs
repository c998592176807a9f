using System.Buffers;

namespace LogEngine.AspNetCore;

/// <summary>
/// Rows of the output cache. That of a response is <c>r</c> and the SHA-256 of its key, and holds <c>LEO</c>, the
/// version 1 and the response. That of a tag is <c>t</c>, the SHA-256 of the tag and that of the response's key, and is
/// empty. So keys and tags are of any length and content.
/// </summary>
internal static class OutputCacheRow
{
    private const byte Response = (byte)'r';
    private const byte Tag = (byte)'t';

    private static ReadOnlySpan<byte> Mark => [(byte)'L', (byte)'E', (byte)'O', 1];

    internal static byte[] OfResponse(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Hashed(Response, key);
    }

    /// <summary>What the index rows of a tag begin with.</summary>
    internal static byte[] TagPrefix(string tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return Hashed(Tag, tag);
    }

    internal static byte[] OfTag(string tag, byte[] response) => [.. TagPrefix(tag), .. response.AsSpan(1)];

    /// <summary>The response that an index row leads to; false where it is none.</summary>
    internal static bool TryGetTagged(ReadOnlySpan<byte> row, out byte[] response)
    {
        bool whole = row.Length == 1 + (2 * CacheKey.HashBytes);
        response = whole ? [Response, .. row[(1 + CacheKey.HashBytes)..]] : [];
        return whole;
    }

    internal static RowBuffer Pack(in ReadOnlySequence<byte> response)
    {
        RowBuffer buffer = RowBuffer.Rent(Mark.Length, response);
        Mark.CopyTo(buffer.Header);
        return buffer;
    }

    internal static bool IsResponse(ReadOnlySpan<byte> value) => value.StartsWith(Mark);

    internal static ReadOnlyMemory<byte> Content(ReadOnlyMemory<byte> value) => value[Mark.Length..];

    private static byte[] Hashed(byte kind, string text)
    {
        byte[] row = new byte[1 + CacheKey.HashBytes];
        row[0] = kind;
        CacheKey.Hash(text, row.AsSpan(1));
        return row;
    }
}
