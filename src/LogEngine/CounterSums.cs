using System.Text;

namespace LogEngine;

/// <summary>
/// The counters that a batch adds to, while it is being committed: looked at once each, so that of several
/// additions to one each goes on from the one before.
/// </summary>
/// <remarks>Used by one thread at a time.</remarks>
internal sealed class CounterSums(WriteBatch batch)
{
    private readonly Dictionary<(Keyspace Keyspace, string Key), (long Number, DateTimeOffset? Expiry)>
        _sums = [];

    /// <summary>Adds to a counter; gives what it comes to.</summary>
    internal async ValueTask<long> AddAsync(Keyspace keyspace, byte[] key, long delta)
    {
        (Keyspace, string) name = (keyspace, Encoding.Latin1.GetString(key));
        if (!_sums.TryGetValue(name, out (long Number, DateTimeOffset? Expiry) sum))
        {
            RequireUnwritten(keyspace, key);
            using StoredValue? value = await keyspace.GetAsync(key).ConfigureAwait(false);
            batch.RequireVersion(keyspace, key, value?.Version ?? 0);
            sum = (Counter.Read(value, keyspace.Name), value?.ExpiresAt);
        }

        sum.Number = Counter.Add(sum.Number, delta, keyspace.Name);
        batch.Put(keyspace, key, Counter.Encode(sum.Number), sum.Expiry);
        _sums[name] = sum;
        return sum.Number;
    }

    /// <summary>What else the batch does to the key would be overwritten, or overwrite the sum.</summary>
    private void RequireUnwritten(Keyspace keyspace, byte[] key)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            WriteOperation operation = batch.GetOperation(i);
            if (ReferenceEquals(operation.Keyspace, keyspace) && Writes(operation, key))
            {
                throw new InvalidOperationException(
                    "A key that is counted in a batch is written by it otherwise too; put the number, or "
                    + "count, not both.");
            }
        }
    }

    private static bool Writes(in WriteOperation operation, byte[] key) => operation.Kind switch
    {
        WriteOperationKind.DeleteRange => operation.Key.SequenceCompareTo(key) <= 0
            && (operation.Value.IsEmpty || operation.Value.SequenceCompareTo(key) > 0),
        WriteOperationKind.DropKeyspace => true,
        _ => operation.Key.SequenceEqual(key),
    };
}
