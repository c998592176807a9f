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
    /// <summary>
    /// How many keys there are at most, counted from the end that the scan begins at; 0 for all of them.
    /// Expired ones do not count. So little is read then, and nothing ahead of what is wanted.
    /// </summary>
    public int Limit { get; init; }

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
    public bool Equals(ScanRange other) =>
        (Reverse, KeysOnly, Limit) == (other.Reverse, other.KeysOnly, other.Limit)
        && From.Span.SequenceEqual(other.From.Span)
        && To.Span.SequenceEqual(other.To.Span);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Contents.Hash(From), Contents.Hash(To), Reverse, KeysOnly, Limit);

    /// <exception cref="ArgumentException">
    /// A key is too long, the range is reversed, or the limit is below 0.
    /// </exception>
    internal void Validate()
    {
        KeyRules.CheckRange(From.Span, To.Span);
        ArgumentOutOfRangeException.ThrowIfNegative(Limit);
    }

    /// <summary>Of so many keys of the range, as many as the limit leaves.</summary>
    internal long Limited(long count) => Limit == 0 ? count : Math.Min(count, Limit);

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
