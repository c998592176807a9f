namespace LogEngine.Stores;

/// <summary>
/// Which documents are gone through, and in which direction: all of them, in order of their keys, by default.
/// Immutable.
/// </summary>
public sealed record DocumentRange
{
    /// <summary>What their keys begin with; default empty: any.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>
    /// The key to begin at, itself included where it is there; it need not be. The highest of them where
    /// the direction is reversed. Default null: the first there is.
    /// </summary>
    public string? From { get; init; }

    /// <summary>
    /// The key to begin behind, such as the last of the page before; it need not be there. Default null:
    /// the first there is. Not together with <see cref="From"/>.
    /// </summary>
    public string? After { get; init; }

    /// <summary>Whether from the highest key to the lowest; default false.</summary>
    public bool Reverse { get; init; }

    /// <summary>Most documents, from 1; default null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>The same as keys of the store's keyspace; null where it can hold none.</summary>
    /// <param name="keysOnly">Whether values are not read.</param>
    /// <exception cref="ArgumentException">A value is out of its range, or two exclude each other.</exception>
    internal ScanRange? ToScan(bool keysOnly)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Limit ?? 1, 1, nameof(Limit));
        if (From is not null && After is not null)
        {
            throw new ArgumentException($"{nameof(From)} and {nameof(After)} at once; set one.");
        }

        ScanRange all = ScanRange.Prefix(
            StoreNames.EncodeAny(Prefix, "A prefix of keys", nameof(Prefix)), Reverse) with
        {
            KeysOnly = keysOnly,
        };
        if ((From ?? After) is not { } text)
        {
            return all;
        }

        byte[] key = StoreNames.Encode(
            text, "A key to begin at", From is null ? nameof(After) : nameof(From));

        // The key itself is on this side of the border upwards with From and downwards with After.
        byte[] border = From is not null == Reverse ? [.. key, 0] : key;
        bool cutsLow = !Reverse && border.AsSpan().SequenceCompareTo(all.From.Span) > 0;
        bool cutsHigh = Reverse
            && (all.To.IsEmpty || border.AsSpan().SequenceCompareTo(all.To.Span) < 0);
        ScanRange cut = cutsLow ? all with { From = border }
            : cutsHigh ? all with { To = border }
            : all;
        return cut.To.IsEmpty || cut.From.Span.SequenceCompareTo(cut.To.Span) < 0 ? cut : null;
    }
}
