using System.Buffers;
using LogEngine.Format;

namespace LogEngine.Unit.Engine;

/// <summary>What callers do wrong: each a typed error, and nothing is written or lost.</summary>
public sealed class EngineBadInputTests
{
    private static readonly byte[] _key = [1, 2, 3];

    [Theory]
    [InlineData(0)]
    [InlineData(FormatLimits.MaxKeyBytes + 1)]
    public async Task A_key_that_is_empty_or_too_long_is_refused_everywhere(int length)
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = new byte[length];
        WriteBatch batch = engine.CreateBatch();
        using EmbeddedReadView view = engine.OpenReadView();
        Action[] calls =
        [
            () => _ = keyspace.PutAsync(key, _key).AsTask(),
            () => _ = keyspace.DeleteAsync(key).AsTask(),
            () => _ = keyspace.GetAsync(key).AsTask(),
            () => _ = keyspace.GetManyAsync([_key, key]).AsTask(),
            () => keyspace.TryGet(key, new ArrayBufferWriter<byte>(), out _),
            () => _ = view.In(keyspace).GetAsync(key).AsTask(),
            () => view.In(keyspace).TryGet(key, new ArrayBufferWriter<byte>(), out _),
            () => batch.Put(keyspace, key, _key),
            () => batch.Delete(keyspace, key),
            () => batch.RequireVersion(keyspace, key, 1),
            () => batch.RequireAbsent(keyspace, key),
        ];
        Assert.All(calls, call => Assert.Contains(
            $"{length} bytes", Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await keyspace.PutIfAbsentAsync(key, _key));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await keyspace.CompareAndSetAsync(key, _key, 1));
        Assert.Equal(0, batch.Count);
        Assert.Empty(engine.ListKeyspaces());
    }

    [Fact]
    public async Task The_longest_key_is_taken()
    {
        using ScratchDirectory scratch = new();
        byte[] key = Payloads.Of(StorageEngine.MaxKeyBytes, 1);
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            await engine.GetKeyspace("k").PutAsync(key, _key).Soon();
            await engine.SnapshotAsync().Soon();
            await engine.CompactAsync().Soon();
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        using StoredValue? value = await again.GetKeyspace("k").GetAsync(key).Soon();
        Assert.Equal(_key, value!.Memory.ToArray());
    }

    [Fact]
    public async Task A_range_with_a_key_too_long_or_the_wrong_way_round_is_refused()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] tooLong = new byte[StorageEngine.MaxKeyBytes + 1];
        WriteBatch batch = engine.CreateBatch();
        Assert.Throws<ArgumentException>(() => batch.DeleteRange(keyspace, tooLong, default));
        Assert.Throws<ArgumentException>(() => batch.DeleteRange(keyspace, default, tooLong));
        Assert.Throws<ArgumentException>(() => batch.DeleteRange(keyspace, [2], [1]));
        Assert.Throws<ArgumentException>(
            () => keyspace.Scan(new ScanRange { From = new byte[] { 2 }, To = new byte[] { 1 } }));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await keyspace.DeleteRangeAsync(new byte[] { 2 }, new byte[] { 1 }));
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public async Task A_value_above_the_limit_is_refused_and_the_largest_is_taken()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] value = Payloads.Of(StorageEngine.MaxValueBytes + 1, 7);
        await Assert.ThrowsAsync<RecordTooLargeException>(
            async () => await keyspace.PutAsync(_key, value));
        WriteBatch batch = engine.CreateBatch();
        Assert.Throws<RecordTooLargeException>(() => batch.Put(keyspace, _key, value));
        Assert.Equal(0, batch.Count);
        Assert.Equal(0, keyspace.Count);

        ReadOnlyMemory<byte> largest = value.AsMemory(1);
        await keyspace.PutAsync(_key, largest).Soon();
        using StoredValue? read = await keyspace.GetAsync(_key).Soon();
        Assert.True(read!.Memory.Span.SequenceEqual(largest.Span));
    }

    [Fact]
    public async Task A_batch_above_the_limit_is_refused_and_keeps_what_it_has()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        WriteBatch batch = engine.CreateBatch();
        byte[] half = new byte[StorageEngine.MaxValueBytes / 2];
        batch.Put(keyspace, [1], half);
        Assert.Throws<RecordTooLargeException>(() => batch.Put(keyspace, [2], new byte[half.Length + 1]));
        batch.Put(keyspace, [3], _key);
        await engine.CommitAsync(batch).Soon();
        Assert.Equal(2, keyspace.Count);
    }

    [Fact]
    public async Task Names_of_keyspaces_are_checked()
    {
        using ScratchDirectory scratch = new();
        string longest = new('\u00e9', StorageEngine.MaxNameBytes / 2);
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            Assert.Throws<ArgumentNullException>(() => engine.GetKeyspace(null!));
            Assert.Throws<ArgumentException>(() => engine.GetKeyspace(string.Empty));
            ArgumentException error =
                Assert.Throws<ArgumentException>(() => engine.GetKeyspace(longest + "x"));
            Assert.Contains("1025 bytes", error.Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => engine.GetKeyspace("\ud800"));
            await Assert.ThrowsAsync<ArgumentException>(
                async () => await engine.DropKeyspaceAsync(longest + "x"));
            await engine.GetKeyspace(longest).PutAsync(_key, _key).Soon();
            await engine.SnapshotAsync().Soon();
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        Assert.Equal([longest], again.ListKeyspaces());
    }

    [Fact]
    public async Task An_unknown_keyspace_reads_as_empty_and_its_first_write_creates_it()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("never written");
        Assert.Equal(0, keyspace.Count);
        Assert.Null(await keyspace.GetAsync(_key).Soon());
        Assert.Empty(keyspace.Contents());
        Assert.False(await engine.DropKeyspaceAsync("never written").Soon());
        Assert.Empty(engine.ListKeyspaces());
        await keyspace.PutAsync(_key, _key).Soon();
        Assert.Equal(["never written"], engine.ListKeyspaces());
        Assert.True(await engine.DropKeyspaceAsync("never written").Soon());
        Assert.Empty(engine.ListKeyspaces());
    }

    [Fact]
    public async Task A_batch_is_for_one_commit_of_its_own_engine_and_not_empty()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        await using EmbeddedEngine other = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        WriteBatch batch = engine.CreateBatch();
        await Assert.ThrowsAsync<ArgumentException>(async () => await engine.CommitAsync(batch));
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await engine.CommitAsync(null!));
        Assert.Throws<ArgumentException>(() => batch.Put(other.GetKeyspace("k"), _key, _key));
        batch.Put(keyspace, _key, _key);
        await Assert.ThrowsAsync<ArgumentException>(async () => await other.CommitAsync(batch));
        await engine.CommitAsync(batch).Soon();
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await engine.CommitAsync(batch));
        Assert.Throws<InvalidOperationException>(() => batch.Put(keyspace, _key, _key));
        Assert.Throws<InvalidOperationException>(() => batch.Delete(keyspace, _key));
        Assert.Throws<InvalidOperationException>(() => batch.RequireAbsent(keyspace, _key));
        Assert.Equal(1, keyspace.Count);
    }

    [Fact]
    public async Task A_batch_of_conditions_alone_says_whether_they_hold()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        long version = await keyspace.PutAsync(_key, _key).Soon();
        WriteBatch holds = engine.CreateBatch();
        holds.RequireVersion(keyspace, _key, version);
        Assert.True((await engine.TryCommitAsync(holds).Soon()).Applied);
        WriteBatch fails = engine.CreateBatch();
        fails.RequireAbsent(keyspace, _key);
        ConflictException conflict = await Assert.ThrowsAsync<ConflictException>(
            async () => await engine.CommitAsync(fails));
        Assert.Equal(version, conflict.Conflict.Actual);
        Assert.Equal("k", conflict.Conflict.Keyspace);
        Assert.Equal(_key, conflict.Conflict.Key.ToArray());
    }

    [Fact]
    public async Task Numbers_out_of_range_are_refused()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        Durability unknown = (Durability)7;
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = keyspace.PutAsync(_key, _key, unknown).AsTask(); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = keyspace.DeleteAsync(_key, unknown).AsTask(); });
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await engine.DropKeyspaceAsync("k", unknown));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await keyspace.DeleteRangeAsync(_key, default, unknown));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await keyspace.PutIfAbsentAsync(_key, _key, unknown));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await keyspace.CompareAndSetAsync(_key, _key, -1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await engine.WaitDurableAsync(100));
        Assert.Equal(0, keyspace.Count);
    }

    [Fact]
    public async Task A_closed_engine_refuses_everything_and_closes_twice()
    {
        EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync(_key, _key).Soon();
        WriteBatch batch = engine.CreateBatch();
        batch.Put(keyspace, _key, _key);
        EmbeddedReadView view = engine.OpenReadView();
        EmbeddedKeyScan scan = keyspace.Scan();
        await engine.CloseAsync().Soon();
        await engine.CloseAsync().Soon();
        await engine.DisposeAsync().Soon();
        Func<Task>[] calls =
        [
            async () => await keyspace.PutAsync(_key, _key),
            async () => await keyspace.DeleteAsync(_key),
            async () => await keyspace.DeleteRangeAsync(default, default),
            async () => await keyspace.PutIfAbsentAsync(_key, _key),
            async () => await keyspace.GetAsync(_key),
            async () => await keyspace.GetManyAsync([_key]),
            async () => await engine.CommitAsync(batch),
            async () => await engine.DropKeyspaceAsync("k"),
            async () => await engine.SnapshotAsync(),
            async () => await engine.CompactAsync(),
            async () => await engine.FlushAsync(),
            async () => await view.In(keyspace).GetAsync(_key),
            () => Task.FromResult(keyspace.TryGet(_key, new ArrayBufferWriter<byte>(), out _)),
            () => Task.FromResult(keyspace.Scan()),
            () => Task.FromResult(keyspace.Count),
            () => Task.FromResult(engine.GetKeyspace("k")),
            () => Task.FromResult(engine.ListKeyspaces()),
            () => Task.FromResult(engine.CreateBatch()),
            () => Task.FromResult(engine.OpenReadView()),
            () => Task.FromResult(engine.Statistics),
            () => Task.FromResult(scan.MoveNext()),
        ];
        for (int i = 0; i < calls.Length; i++)
        {
            Exception? error = await Record.ExceptionAsync(calls[i]);
            Assert.True(error is ObjectDisposedException, $"call {i}: {error}");
        }

        scan.Dispose();
        view.Dispose();
    }

    [Fact]
    public async Task A_disposed_view_and_a_disposed_scan_refuse()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync(_key, _key).Soon();
        EmbeddedReadView view = engine.OpenReadView();
        EmbeddedKeyScan open = view.In(keyspace).Scan();
        EmbeddedKeyScan scan = keyspace.Scan();
        scan.Dispose();
        scan.Dispose();
        view.Dispose();
        view.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scan.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => open.MoveNext());
        Assert.Throws<ObjectDisposedException>(
            () => view.In(keyspace).TryGet(_key, new ArrayBufferWriter<byte>(), out _));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await view.In(keyspace).GetAsync(_key));
        Assert.Equal(0, engine.Statistics.OpenViews);
    }

    [Fact]
    public async Task A_directory_of_another_kind_of_store_is_refused()
    {
        using ScratchDirectory scratch = new();
        await using (await SmallLogs.OpenAsync(scratch.Path))
        {
        }

        await Assert.ThrowsAsync<WrongStoreKindException>(
            async () => await SmallEngine.OpenAsync(scratch.Path));
        string engine = scratch.Sibling("engine");
        await using (await SmallEngine.OpenAsync(engine))
        {
            await Assert.ThrowsAsync<DirectoryLockedException>(
                async () => await SmallEngine.OpenAsync(engine));
        }

        await Assert.ThrowsAsync<WrongStoreKindException>(
            async () => await SmallLogs.OpenAsync(engine));
    }
}
