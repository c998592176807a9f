namespace LogEngine.Properties.EngineModels;

/// <summary>A value of the model.</summary>
internal sealed record ModelEntry(byte[] Value, long Version, DateTimeOffset? ExpiresAt)
{
    internal bool IsThere(DateTimeOffset now) => ExpiresAt is not { } at || at > now;
}

/// <summary>The model: sorted dictionaries.</summary>
internal sealed class ModelContents
{
    private readonly SortedDictionary<string, SortedDictionary<byte[], ModelEntry>> _keyspaces =
        new(StringComparer.Ordinal);

    internal IEnumerable<string> Names => _keyspaces.Keys;

    /// <summary>Keys of a keyspace, expired ones included; it is there from then on.</summary>
    internal SortedDictionary<byte[], ModelEntry> Of(string keyspace)
    {
        if (!_keyspaces.TryGetValue(keyspace, out SortedDictionary<byte[], ModelEntry>? keys))
        {
            keys = new SortedDictionary<byte[], ModelEntry>(Comparer<byte[]>.Create(
                (a, b) => a.AsSpan().SequenceCompareTo(b)));
            _keyspaces.Add(keyspace, keys);
        }

        return keys;
    }

    internal bool Drop(string keyspace) => _keyspaces.Remove(keyspace);

    /// <summary>Version of a key; 0 where it is absent.</summary>
    internal long VersionOf(string keyspace, byte[] key, DateTimeOffset now) =>
        _keyspaces.TryGetValue(keyspace, out SortedDictionary<byte[], ModelEntry>? keys)
        && keys.TryGetValue(key, out ModelEntry? entry)
        && entry.IsThere(now)
            ? entry.Version
            : 0;

    /// <summary>What readers see at a time, in order.</summary>
    internal List<(byte[] Key, ModelEntry Entry)> Visible(string keyspace, DateTimeOffset now) =>
        _keyspaces.TryGetValue(keyspace, out SortedDictionary<byte[], ModelEntry>? keys)
            ? [.. keys.Where(k => k.Value.IsThere(now)).Select(k => (k.Key, k.Value))]
            : [];

    internal ModelContents Clone()
    {
        ModelContents copy = new();
        foreach ((string name, SortedDictionary<byte[], ModelEntry> keys) in _keyspaces)
        {
            SortedDictionary<byte[], ModelEntry> copied = copy.Of(name);
            foreach ((byte[] key, ModelEntry entry) in keys)
            {
                copied.Add(key, entry);
            }
        }

        return copy;
    }
}
