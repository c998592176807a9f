using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>Questions about keys of a name and a number, answered from the index alone.</summary>
internal static class NamedKeys
{
    /// <summary>A key that was just found.</summary>
    /// <summary>The highest number of a name; null where it has none.</summary>
    internal static async ValueTask<long?> HighestAsync(
        KeyspaceReader keyspace, byte[] prefix, CancellationToken cancellationToken) =>
        await keyspace.GetFirstAsync(All(prefix) with { Reverse = true }, cancellationToken)
            .ConfigureAwait(false) is { } found
            ? NamedKey.NumberOf(found.Key.Span)
            : null;

    /// <summary>The keys of a name from a number on.</summary>
    internal static ScanRange From(byte[] prefix, long number) =>
        All(prefix) with { From = NamedKey.Of(prefix, number) };

    /// <summary>All keys of a name.</summary>
    internal static ScanRange All(byte[] prefix) => new(prefix, NamedKey.Behind(prefix));

    /// <summary>
    /// The names in order, each found by a look behind the last key of the one before.
    /// </summary>
    internal static async IAsyncEnumerable<string> ListNamesAsync(
        KeyspaceReader reader,
        byte[] tag,
        byte[] end,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] from = tag;
        while (true)
        {
            string? name = null;
            using (KeyScan scan = reader.Scan(new ScanRange(from, end, KeysOnly: true)))
            {
                await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
                    .ConfigureAwait(false))
                {
                    ReadOnlySpan<byte> key = entry.Key.Span;
                    name = NamedKey.NameOf(key, tag.Length);
                    from = NamedKey.Behind(key[..^sizeof(long)]);
                    break;
                }
            }

            if (name is null)
            {
                yield break;
            }

            yield return name;
        }
    }
}
