using LogEngine.Caching;
using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Index;
using LogEngine.Maintenance;

namespace LogEngine.Unit.Compaction;

/// <summary>
/// Case D4: a value is seen to have expired, the clock is set back, the value is touched, and then the
/// delete of what was seen is judged. It names the same location; only the expiry differs.
/// </summary>
public sealed class RelocationBatchTests : IDisposable
{
    private const uint Keyspace = 1;
    private static readonly byte[] _key = [7];

    private readonly CommittedIndex _state = new(new OrderedIndex(new IndexOptions()), new ValueCache(0));
    private long _sequence;

    public RelocationBatchTests()
    {
        PendingKeyspaces keyspaces = new();
        Assert.True(keyspaces.TryAdd(Keyspace, "k"));
        _state.Restore(keyspaces, 0);

        // In chunks: it needs no segment.
        Apply(OperationKind.Put, version: 1, Location.OfChunkSet(5), expires: 1000);
    }

    public void Dispose() => _state.Dispose();

    [Fact]
    public void What_is_as_it_was_seen_is_removed() => Assert.True(Removal().Keeps(0));

    [Fact]
    public void What_was_touched_since_is_not()
    {
        RelocationBatch removal = Removal();
        Apply(OperationKind.Touch, version: 1, default, expires: 2000);
        Assert.False(removal.Keeps(0));
    }

    [Fact]
    public void A_touch_of_another_version_changes_nothing()
    {
        RelocationBatch removal = Removal();
        Apply(OperationKind.Touch, version: 0, default, expires: 2000);
        Apply(OperationKind.Touch, version: 2, default, expires: 2000);
        Assert.True(removal.Keeps(0));
    }

    private RelocationBatch Removal()
    {
        Assert.True(_state.TryGetPending(Keyspace, _key, out IndexValue seen));
        RelocationBatch batch = new(_state);
        batch.AddRemoval(seen, Keyspace, _key);
        return batch;
    }

    private void Apply(OperationKind kind, long version, Location location, long expires)
    {
        byte[] key = new byte[IndexKey.PrefixSize + _key.Length];
        IndexKey.Write(key, Keyspace, _key);
        _state.ApplyPoint(new PointOperation(kind, ++_sequence, version, location, expires), key);
    }
}
