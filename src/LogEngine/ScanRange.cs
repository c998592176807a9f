namespace LogEngine;

/// <summary>Which keys of a keyspace a scan goes through. The default is all, upwards.</summary>
/// <param name="From">The lowest key; empty for the first of all.</param>
/// <param name="To">The key to stay below; empty for the end of the keyspace.</param>
/// <param name="Reverse">From the highest to the lowest.</param>
/// <param name="KeysOnly">Values are not read.</param>
public readonly record struct ScanRange(
    ReadOnlyMemory<byte> From,
    ReadOnlyMemory<byte> To = default,
    bool Reverse = false,
    bool KeysOnly = false)
{
    /// <summary>The keys that begin with some bytes.</summary>
    public static ScanRange Prefix(ReadOnlyMemory<byte> prefix, bool reverse = false) =>
        new(prefix, EndOfPrefix(prefix.Span), reverse);

    /// <summary>The keys that begin with a text.</summary>
    /// <param name="prefix">What they begin with; empty for all of them.</param>
    /// <param name="reverse">From the highest to the lowest.</param>
    public static ScanRange Prefix(string prefix, bool reverse = false) =>
        Prefix(TextRules.Encode(prefix, nameof(prefix)), reverse);

    /// <summary>Whether the other one is the same range, by the keys' bytes.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(ScanRange other) => (Reverse, KeysOnly) == (other.Reverse, other.KeysOnly)
        && From.Span.SequenceEqual(other.From.Span)
        && To.Span.SequenceEqual(other.To.Span);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Contents.Hash(From), Contents.Hash(To), Reverse, KeysOnly);

    /// <exception cref="ArgumentException">A key is too long, or the range is reversed.</exception>
    internal void Validate() => KeyRules.CheckRange(From.Span, To.Span);

    /// <summary>The first key behind all that begin with the prefix; empty where there is none.</summary>
    private static byte[] EndOfPrefix(ReadOnlySpan<byte> prefix)
    {
        int last = prefix.LastIndexOfAnyExcept((byte)0xFF);
        if (last < 0)
        {
            return [];
        }

        byte[] end = prefix[..(last + 1)].ToArray();
        end[last]++;
        return end;
    }
}
