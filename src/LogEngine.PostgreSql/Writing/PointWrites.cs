namespace LogEngine.PostgreSql.Writing;

/// <summary>A key that gets a value, or loses it, whatever was there.</summary>
/// <param name="Keyspace">Number of the keyspace.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; null for a removal.</param>
/// <param name="Version">The version of this write.</param>
/// <param name="ExpiresTicks">From when it is absent; 0 for never.</param>
internal readonly record struct PointWrite(
    int Keyspace, byte[] Key, byte[]? Value, long Version, long ExpiresTicks);

/// <summary>
/// Writes without a condition: those of a whole group are one statement. Outcome: nothing to be told.
/// </summary>
internal sealed class PointWrites(PointWrite[] writes, long bytes, Durability durability)
    : WriteRequest<bool>(durability)
{
    internal override long Bytes => bytes;

    internal override IEnumerable<PointKey> Keys =>
        writes.Select(write => new PointKey(write.Keyspace, write.Key));

    internal override void AddTo(Group group)
    {
        foreach (PointWrite write in writes)
        {
            group.Points.Set(write);
        }
    }

    protected override bool Outcome() => true;
}

/// <summary>The points of a group: of two writes of a key the later one counts.</summary>
internal sealed class PointSet
{
    private readonly Dictionary<PointKey, PointWrite> _writes = [];

    internal int Count => _writes.Count;

    internal void Set(in PointWrite write) =>
        _writes[new PointKey(write.Keyspace, write.Key)] = write;

    internal IEnumerable<PointWrite> Puts => _writes.Values.Where(write => write.Value is not null);

    internal IEnumerable<PointWrite> Deletes => _writes.Values.Where(write => write.Value is null);

    internal IEnumerable<PointKey> Keys => _writes.Keys;
}

/// <summary>A key of a keyspace, compared by its bytes.</summary>
internal readonly struct PointKey(int keyspace, byte[] key) : IEquatable<PointKey>
{
    internal int Keyspace => keyspace;

    internal byte[] Key => key;

    public bool Equals(PointKey other) =>
        keyspace == other.Keyspace && key.AsSpan().SequenceEqual(other.Key);

    public override bool Equals(object? obj) => obj is PointKey other && Equals(other);

    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(keyspace);
        hash.AddBytes(key);
        return hash.ToHashCode();
    }
}
