using LogEngine.Stores;

namespace LogEngine.Unit.Engine;

/// <summary>
/// Case D2: whether a key is there was asked by a scan of one key, which pinned a root, took a cursor
/// and several arrays.
/// </summary>
public sealed class ExistenceTests
{
    [Fact]
    public async Task What_is_known_of_a_key_is_told_without_its_value()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        await using StorageEngine engine = await SmallEngine.OpenAsync(
            scratch.Path, options => options with { CacheBytes = 0, TimeProvider = time });
        Keyspace keyspace = engine.GetKeyspace("k");
        byte[] key = SmallEngine.Bytes("key");
        Assert.False(keyspace.TryGetInfo(key, out ValueInfo info));
        Assert.Equal(default, info);

        DateTimeOffset end = time.GetUtcNow().AddMinutes(1);
        long version = await keyspace.PutAsync(key, new byte[1000], expiresAt: end).Soon();
        using ReadView view = engine.OpenReadView();
        long reads = engine.Statistics.FileReads;
        Assert.True(keyspace.TryGetInfo(key, out info));
        Assert.Equal(new ValueInfo(version, end), info);
        Assert.False(keyspace.TryGetInfo(SmallEngine.Bytes("kez"), out _));
        Assert.Equal(reads, engine.Statistics.FileReads);

        // A view keeps what was there when it was opened, and its time.
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(keyspace.TryGetInfo(key, out _));
        Assert.True(view.In(keyspace).TryGetInfo(key, out info));
        Assert.Equal(version, info.Version);
        await keyspace.DeleteAsync(key).Soon();
        Assert.True(view.In(keyspace).TryGetInfo(key, out _));
        Assert.Throws<ArgumentException>(() => keyspace.TryGetInfo([], out _));
    }

    [Fact]
    public async Task Asking_allocates_nothing()
    {
        await using StorageEngine engine = StorageEngine.OpenInMemory();
        Keyspace keyspace = engine.GetKeyspace("k");
        byte[] key = SmallEngine.Bytes("key");
        await keyspace.PutAsync(key, new byte[1000]).Soon();
        Assert.Equal(0, AllocatedBy(() => keyspace.TryGetInfo(key, out _)));

        BlobStore blobs = await BlobStore.OpenAsync(engine, "b");
        BlobReference blob = await blobs.PutAsync(key, new BlobDescription("text/plain"));

        // The key of its head.
        Assert.InRange(AllocatedBy(() => blobs.Contains(blob.Id)), 0, 80);
    }

    private static long AllocatedBy(Func<bool> ask)
    {
        Assert.True(ask());
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool found = ask();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(found);
        return allocated;
    }
}
