namespace LogEngine.Testing.Model;

/// <summary>A value that was read.</summary>
internal readonly record struct FoundValue(
    string Keyspace, byte[] Key, ulong Hash, long Version, long ExpiresTicks);

/// <summary>What an opened engine showed.</summary>
/// <param name="Sequence">Of the last write in it.</param>
/// <param name="Ticks">Wall clock of the reading.</param>
/// <param name="Values">Every value, in order.</param>
/// <param name="Counts">Of each keyspace, as the engine counts.</param>
/// <param name="Problem">What was wrong whatever was written; null for nothing.</param>
/// <param name="Refusal">The typed error that opening threw, where it did.</param>
internal sealed record EngineState(
    long Sequence,
    long Ticks,
    IReadOnlyList<FoundValue> Values,
    IReadOnlyDictionary<string, long> Counts,
    string? Problem,
    LogEngineException? Refusal = null)
{
    internal static EngineState Failed(string problem, LogEngineException? refusal = null) =>
        new(0, 0, [], new Dictionary<string, long>(), problem, refusal);

    /// <summary>What differs in what readers see; null where nothing does.</summary>
    internal string? DifferenceFrom(EngineState other)
    {
        if (Values.Count != other.Values.Count)
        {
            return $"{Values.Count} values instead of {other.Values.Count}";
        }

        for (int i = 0; i < Values.Count; i++)
        {
            FoundValue a = Values[i];
            FoundValue b = other.Values[i];
            if (a.Keyspace != b.Keyspace || !a.Key.AsSpan().SequenceEqual(b.Key)
                || a.Hash != b.Hash || a.Version != b.Version || a.ExpiresTicks != b.ExpiresTicks)
            {
                return $"{Text(a)} instead of {Text(b)}";
            }
        }

        return Counts.Keys.Order(StringComparer.Ordinal)
            .SequenceEqual(other.Counts.Keys.Order(StringComparer.Ordinal))
            ? null
            : $"keyspaces {string.Join(',', Counts.Keys)} instead of "
                + string.Join(',', other.Counts.Keys);
    }

    internal static string Text(FoundValue value) =>
        $"{value.Keyspace}/{Convert.ToHexString(value.Key)} of version {value.Version}";
}
