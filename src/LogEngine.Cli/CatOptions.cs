namespace LogEngine.Cli;

/// <summary>What `cat` prints.</summary>
/// <param name="From">First sequence; null for the log's first.</param>
/// <param name="To">Last sequence.</param>
/// <param name="Follow">Whether to wait for more.</param>
/// <param name="Format">raw, exact, json or hex.</param>
internal sealed record CatOptions(long? From, long To, bool Follow, string Format)
{
    /// <summary>The last so many records, instead of a first sequence.</summary>
    internal long? Last { get; init; }

    /// <summary>Records of that time or later, instead of a first sequence.</summary>
    internal DateTimeOffset? Since { get; init; }
}
