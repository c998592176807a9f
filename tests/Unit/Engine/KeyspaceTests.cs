using System.Buffers;

namespace LogEngine.Unit.Engine;

public sealed class KeyspaceTests
{
    [Fact]
    public async Task What_was_put_is_read_back_also_after_reopening()
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            EmbeddedKeyspace orders = engine.GetKeyspace("orders");
            Assert.Null(await orders.TextAsync("a"));
            long first = await orders.PutTextAsync("a", "1");
            long second = await orders.PutTextAsync("b", "");
            long third = await orders.PutTextAsync("a", "2");
            Assert.True(first < second && second < third);
            Assert.Equal("2", await orders.TextAsync("a"));
            Assert.Equal("", await orders.TextAsync("b"));
            Assert.Equal(2, orders.Count);
            await orders.DeleteAsync(SmallEngine.Bytes("b")).Soon();
            Assert.Null(await orders.TextAsync("b"));
            Assert.Equal(1, orders.Count);
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        EmbeddedKeyspace found = again.GetKeyspace("orders");
        Assert.Equal([("a", "2")], found.Contents());
        Assert.Equal(1, found.Count);
        Assert.Equal(["orders"], again.ListKeyspaces());
    }

    [Fact]
    public async Task A_value_is_read_into_the_callers_buffer_with_its_version()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        long version = await keyspace.PutTextAsync("key", "value");
        ArrayBufferWriter<byte> into = new();
        Assert.True(keyspace.TryGet(SmallEngine.Bytes("key"), into, out ValueInfo info));
        Assert.Equal("value"u8, into.WrittenSpan);
        Assert.Equal(version, info.Version);
        Assert.Null(info.ExpiresAt);
        Assert.False(keyspace.TryGet(SmallEngine.Bytes("kez"), into, out _));
    }

    [Fact]
    public async Task Values_larger_than_a_chunk_are_whole_and_go_with_their_key()
    {
        using ScratchDirectory scratch = new();
        byte[] large = Payloads.Of(7, 100_000);
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            await keyspace.PutAsync(SmallEngine.Bytes("large"), large).Soon();
            using StoredValue? value = await keyspace.GetAsync(SmallEngine.Bytes("large")).Soon();
            Assert.Equal(large, value!.Memory.ToArray());
        }

        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            using StoredValue? value = await keyspace.GetAsync(SmallEngine.Bytes("large")).Soon();
            Assert.Equal(large, value!.Memory.ToArray());
            await keyspace.DeleteAsync(SmallEngine.Bytes("large")).Soon();
            Assert.Equal(0, engine.Statistics.LiveBytes);
        }
    }

    [Fact]
    public async Task Conditions_are_judged_in_commit_order()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = SmallEngine.Bytes("key");
        ConditionalResult first = await keyspace.PutIfAbsentAsync(key, key).Soon();
        Assert.True(first.Applied);
        ConditionalResult second = await keyspace.PutIfAbsentAsync(key, key).Soon();
        Assert.Equal(new ConditionalResult(false, first.Version), second);
        ConditionalResult third = await keyspace.CompareAndSetAsync(key, key, first.Version).Soon();
        Assert.True(third.Applied);

        Task<ConditionalResult>[] racing =
        [
            .. Enumerable.Range(0, 50).Select(i =>
                keyspace.CompareAndSetAsync(key, Payloads.Of(i, 50), third.Version).AsTask()),
        ];
        ConditionalResult[] results = await Task.WhenAll(racing).Soon();
        Assert.Single(results, r => r.Applied);
    }

    [Fact]
    public async Task A_snapshot_and_a_compaction_keep_every_value()
    {
        using ScratchDirectory scratch = new();
        Dictionary<string, string> expected = [];
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            for (int i = 0; i < 3000; i++)
            {
                string key = $"key{i * 7919 % 500}";
                expected[key] = $"value {i} " + new string('x', i % 300);
                await keyspace.PutTextAsync(key, expected[key]);
            }

            long before = SmallEngine.BytesOnDisk(scratch.Path);
            Assert.True(await engine.CompactAsync().Soon() > 0);
            await Eventually.IsTrueAsync(
                () => SmallEngine.BytesOnDisk(scratch.Path) < before / 2,
                "space is free");
            AssertSame(expected, keyspace);
            Assert.Equal(2, Directory.GetFiles(scratch.Path, "*.snap").Length);
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        Assert.True(again.Recovery.SnapshotSequence > 0);
        AssertSame(expected, again.GetKeyspace("k"));
    }

    [Fact]
    public async Task A_range_is_deleted_by_one_record()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        WriteBatch batch = engine.CreateBatch();
        for (int i = 0; i < 1000; i++)
        {
            batch.Put(keyspace, SmallEngine.Bytes($"{i:0000}"), SmallEngine.Bytes($"{i}"));
        }

        await engine.CommitAsync(batch).Soon();
        await keyspace.DeleteRangeAsync(
            SmallEngine.Bytes("0100"), SmallEngine.Bytes("0900")).Soon();
        Assert.Equal(200, keyspace.Count);
        Assert.Equal("0099", keyspace.Contents()[99].Key);
        Assert.Equal("0900", keyspace.Contents()[100].Key);
    }

    private static void AssertSame(Dictionary<string, string> expected, EmbeddedKeyspace keyspace) =>
        Assert.Equal(
            expected.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (p.Key, p.Value)),
            keyspace.Contents());
}
