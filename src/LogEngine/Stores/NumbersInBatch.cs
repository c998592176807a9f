using System.Runtime.CompilerServices;
using System.Text;

namespace LogEngine.Stores;

/// <summary>
/// The highest number of each name that a batch holds already, so that of several rows of one batch each
/// comes behind those before it. What is in the batch is gone through once.
/// </summary>
/// <remarks>Used while a batch is being committed, by one thread at a time.</remarks>
internal sealed class NumbersInBatch
{
    private static readonly ConditionalWeakTable<
        Keyspace, ConditionalWeakTable<WriteBatch, NumbersInBatch>> Shared = [];

    private readonly Dictionary<string, long> _highest = new(StringComparer.Ordinal);

    private NumbersInBatch(WriteBatch batch, Keyspace keyspace)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            WriteOperation operation = batch.GetOperation(i);
            if (operation.Kind == WriteOperationKind.Put
                && ReferenceEquals(operation.Keyspace, keyspace)
                && operation.Key.Length > sizeof(long))
            {
                string name = NameOf(operation.Key[..^sizeof(long)]);
                _highest[name] = Math.Max(
                    _highest.GetValueOrDefault(name), NamedKey.NumberOf(operation.Key));
            }
        }
    }

    /// <summary>Those of a batch, shared by all who number in one keyspace.</summary>
    internal static NumbersInBatch Of(WriteBatch batch, Keyspace keyspace) => Shared
        .GetOrCreateValue(keyspace)
        .GetValue(batch, open => new NumbersInBatch(open, keyspace));

    /// <summary>The next number of a name.</summary>
    /// <param name="prefix">What the keys of the name begin with.</param>
    /// <param name="highest">The highest that is there outside the batch.</param>
    /// <param name="what">The name in words, for an error.</param>
    /// <exception cref="InvalidOperationException">There is none left.</exception>
    internal long Next(ReadOnlySpan<byte> prefix, long highest, string what)
    {
        string name = NameOf(prefix);
        long last = Math.Max(highest, _highest.GetValueOrDefault(name));
        if (last == long.MaxValue)
        {
            throw new InvalidOperationException($"There are no numbers left for '{what}'.");
        }

        _highest[name] = last + 1;
        return last + 1;
    }

    /// <summary>Bytes as a key of a dictionary.</summary>
    private static string NameOf(ReadOnlySpan<byte> prefix) => Encoding.Latin1.GetString(prefix);
}
