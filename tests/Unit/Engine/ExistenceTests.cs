using System.Buffers;
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
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(
            scratch.Path, options => options with { CacheBytes = 0, TimeProvider = time });
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = SmallEngine.Bytes("key");
        Assert.False(keyspace.TryGetInfo(key, out ValueInfo info));
        Assert.Equal(default, info);

        DateTimeOffset end = time.GetUtcNow().AddMinutes(1);
        long version = await keyspace.PutAsync(key, new byte[1000], expiresAt: end).Soon();
        using EmbeddedReadView view = engine.OpenReadView();
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
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = SmallEngine.Bytes("key");
        await keyspace.PutAsync(key, new byte[1000]).Soon();
        Assert.Equal(0, AllocatedBy(() => keyspace.TryGetInfo(key, out _)));

        BlobStore blobs = await engine.OpenBlobsAsync("b");
        StoredBlob blob = await blobs.PutAsync(key, new BlobDescription("text/plain"));

        // The key of its head.
        Assert.InRange(AllocatedBy(() => blobs.Contains(blob.Id)), 0, 80);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    public async Task A_value_is_read_from_memory_and_never_from_the_disk(long cacheBytes)
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(
            scratch.Path, options => options with { CacheBytes = cacheBytes, TimeProvider = time });
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = SmallEngine.Bytes("key");
        ArrayBufferWriter<byte> into = new();
        Assert.False(keyspace.TryGetCached(key, into, out ValueInfo info));
        Assert.Equal(default, info);

        byte[] value = [.. Enumerable.Range(0, 300).Select(i => (byte)i)];
        DateTimeOffset end = time.GetUtcNow().AddMinutes(1);
        long version = await keyspace.PutAsync(key, value, expiresAt: end).Soon();
        using EmbeddedReadView view = engine.OpenReadView();
        long reads = engine.Statistics.FileReads;
        bool isCached = keyspace.TryGetCached(key, into, out info);
        Assert.Equal(cacheBytes > 0, isCached);
        Assert.Equal(isCached ? value : [], into.WrittenSpan.ToArray());
        Assert.Equal(isCached ? new ValueInfo(version, end) : default, info);
        Assert.Equal(isCached, view.In(keyspace).TryGetCached(key, into, out _));
        Assert.Equal(reads, engine.Statistics.FileReads);

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(keyspace.TryGetCached(key, into, out _));
        Assert.Throws<ArgumentException>(() => keyspace.TryGetCached([], into, out _));
        Assert.Throws<ArgumentNullException>(() => keyspace.TryGetCached(key, null!, out _));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(70)]
    [InlineData(600)]
    [InlineData(2040)]
    public async Task The_first_and_the_last_key_of_a_range_are_found(int keyBytes)
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(
            scratch.Path, options => options with { TimeProvider = time });
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        ArrayBufferWriter<byte> found = new();
        Assert.False(keyspace.TryGetFirst(default, found, out _));
        for (int i = 0; i < 60; i++)
        {
            // The first and the last ten are about to expire.
            await keyspace.PutAsync(
                KeyOf(i, keyBytes),
                new byte[8],
                Durability.ProcessCrash,
                expiresAt: i is < 10 or >= 50 ? time.GetUtcNow().AddMinutes(1) : null).Soon();
        }

        await engine.GetKeyspace("l").PutTextAsync("behind", "it");
        using EmbeddedReadView view = engine.OpenReadView();
        for (int round = 0; round < 2; round++)
        {
            int low = round == 0 ? 0 : 10;
            int high = round == 0 ? 59 : 49;
            AssertFirst(keyspace, default, low, keyBytes);
            AssertFirst(keyspace, new ScanRange(default, Reverse: true), high, keyBytes);
            ScanRange inner = new(KeyOf(20, keyBytes), KeyOf(30, keyBytes));
            AssertFirst(keyspace, inner, 20, keyBytes);
            AssertFirst(keyspace, inner with { Reverse = true }, 29, keyBytes);
            found.ResetWrittenCount();
            Assert.True(view.In(keyspace).TryGetFirst(default, found, out ValueInfo info));
            Assert.Equal(KeyOf(0, keyBytes), found.WrittenSpan);
            Assert.NotNull(info.ExpiresAt);
            time.Advance(TimeSpan.FromMinutes(1));
        }

        found.ResetWrittenCount();
        Assert.False(keyspace.TryGetFirst(
            new ScanRange(KeyOf(50, keyBytes), default), found, out _));
        Assert.Equal(0, found.WrittenCount);
        Assert.Equal(40, keyspace.Contents().Count);
    }

    private static byte[] KeyOf(int number, int length)
    {
        byte[] key = new byte[length];
        key.AsSpan().Fill((byte)'x');
        key[^1] = (byte)number;
        key[length / 2] = (byte)(number / 7);
        return key;
    }

    private static void AssertFirst(EmbeddedKeyspace keyspace, ScanRange range, int number, int keyBytes)
    {
        ArrayBufferWriter<byte> found = new();
        Assert.True(keyspace.TryGetFirst(range, found, out ValueInfo info));
        Assert.Equal(KeyOf(number, keyBytes), found.WrittenSpan);
        Assert.True(keyspace.TryGetInfo(found.WrittenSpan, out ValueInfo known));
        Assert.Equal(known, info);
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
