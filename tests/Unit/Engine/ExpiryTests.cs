namespace LogEngine.Unit.Engine;

/// <summary>Values that have expired leave the index and the disk, whether they are read or not.</summary>
public sealed class ExpiryTests
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task What_has_expired_leaves_the_index_without_being_read()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await PutManyAsync(keyspace, 0, 1000, expire: true);
        await PutManyAsync(keyspace, 1000, 100, expire: false);
        Assert.Equal(1100, keyspace.Count);
        _time.Advance(Life * 2);
        await Eventually.IsTrueAsync(() => keyspace.Count == 100, "a sweep");
        Assert.Equal(100, engine.Statistics.Keys);
    }

    /// <summary>Nobody ever removed these: compaction met their chunks, which do not expire.</summary>
    [Fact]
    public async Task Large_values_that_have_expired_give_their_space_back()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < 20; i++)
        {
            await keyspace.PutAsync(
                BusyEngine.Number(i), new byte[50_000], expiresAt: _time.GetUtcNow() + Life).Soon();
        }

        Assert.True(engine.Statistics.LiveBytes > 1_000_000, "they are there");
        _time.Advance(Life * 2);
        await Eventually.IsTrueAsync(() => keyspace.Count == 0, "a sweep");
        Assert.Equal(0, engine.Statistics.LiveBytes);
        await engine.CompactAsync().Soon();
        Assert.True(
            engine.Statistics.SegmentBytes < 3 * WriteAheadLogOptions.MinSegmentSizeBytes,
            $"{engine.Statistics.SegmentBytes} bytes of segments for nothing");
    }

    [Fact]
    public async Task Compaction_on_demand_ends_what_has_expired_first()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync(
            BusyEngine.Number(1), new byte[300_000], expiresAt: _time.GetUtcNow() + Life).Soon();
        _time.SetUtcNow(_time.GetUtcNow() + (Life * 2));
        await engine.CompactAsync().Soon();
        Assert.Equal(0, keyspace.Count);
        Assert.True(
            engine.Statistics.SegmentBytes < 3 * WriteAheadLogOptions.MinSegmentSizeBytes,
            $"{engine.Statistics.SegmentBytes} bytes of segments for nothing");
    }

    [Fact]
    public async Task What_was_ended_does_not_come_back_when_the_clock_goes_back()
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await OpenAsync(scratch.Path))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            await PutManyAsync(keyspace, 0, 10, expire: true);
            _time.Advance(Life * 2);
            await Eventually.IsTrueAsync(() => keyspace.Count == 0, "a sweep");
            _time.SetUtcNow(ManualTime.Epoch);
            Assert.Null(await keyspace.GetAsync(BusyEngine.Number(3)).Soon());
            await engine.FlushAsync();
        }

        await using EmbeddedEngine again = await OpenAsync(scratch.Path);
        Assert.Null(await again.GetKeyspace("k").GetAsync(BusyEngine.Number(3)).Soon());
    }

    [Fact]
    public async Task A_value_put_later_that_expires_earlier_is_swept_in_its_turn()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync(
            BusyEngine.Number(1), new byte[10], expiresAt: _time.GetUtcNow() + (Life * 100)).Soon();
        await keyspace.PutAsync(
            BusyEngine.Number(2), new byte[10], expiresAt: _time.GetUtcNow() + Life).Soon();
        _time.Advance(Life * 2);
        await Eventually.IsTrueAsync(() => keyspace.Count == 1, "a sweep");
        _time.Advance(Life * 100);
        await Eventually.IsTrueAsync(
            () =>
            {
                // The first sweep may have ended only now: from then on it rests.
                _time.Advance(TimeSpan.FromSeconds(1));
                return keyspace.Count == 0;
            },
            "another sweep");
    }

    [Fact]
    public async Task What_expired_while_it_was_closed_is_swept_after_the_open()
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await OpenAsync(scratch.Path))
        {
            await PutManyAsync(engine.GetKeyspace("k"), 0, 10, expire: true);
            await engine.SnapshotAsync().Soon();
            await PutManyAsync(engine.GetKeyspace("k"), 10, 10, expire: true);
        }

        _time.Advance(Life * 2);
        await using EmbeddedEngine again = await OpenAsync(scratch.Path);
        await Eventually.IsTrueAsync(() => again.GetKeyspace("k").Count == 0, "a sweep");
    }

    [Fact]
    public async Task A_view_opened_before_the_expiry_still_shows_what_has_been_swept()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] value = new byte[100_000];
        new Random(1).NextBytes(value);
        await keyspace.PutAsync(
            BusyEngine.Number(1), value, expiresAt: _time.GetUtcNow() + Life).Soon();
        using EmbeddedReadView view = engine.OpenReadView();
        _time.Advance(Life * 2);
        await Eventually.IsTrueAsync(() => keyspace.Count == 0, "a sweep");
        await engine.CompactAsync().Soon();
        using StoredValue? seen = await view.In(keyspace).GetAsync(BusyEngine.Number(1)).Soon();
        Assert.Equal(value, seen!.Memory.ToArray());
    }

    /// <summary>Case D4: a sliding expiry, renewed by one small record.</summary>
    [Theory]
    [InlineData(100, false)]
    [InlineData(100, true)]
    [InlineData(300_000, false)]
    [InlineData(300_000, true)]
    public async Task A_touch_keeps_value_and_version_and_outlives_the_process(
        int length, bool snapshot)
    {
        using ScratchDirectory scratch = new();
        byte[] key = BusyEngine.Number(1);
        byte[] value = Payloads.Of(length, 1);
        long version;
        await using (EmbeddedEngine engine = await OpenAsync(scratch.Path))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            version = await keyspace.PutAsync(
                key, value, expiresAt: _time.GetUtcNow() + Life).Soon();
            if (snapshot)
            {
                await engine.SnapshotAsync().Soon();
            }

            Assert.True(await keyspace.TouchAsync(key, _time.GetUtcNow() + (Life * 4)).Soon());
            if (snapshot)
            {
                await engine.SnapshotAsync().Soon();
            }

            _time.Advance(Life * 2);
            Assert.True(keyspace.TryGetInfo(key, out ValueInfo info));
            Assert.Equal((version, ManualTime.Epoch + (Life * 4)), (info.Version, info.ExpiresAt));
        }

        await using EmbeddedEngine again = await OpenAsync(scratch.Path);
        EmbeddedKeyspace found = again.GetKeyspace("k");
        using (StoredValue? read = await found.GetAsync(key).Soon())
        {
            Assert.Equal(value, read!.Memory.ToArray());
            Assert.Equal(version, read.Version);
        }

        Assert.Equal(
            new ConditionalResult(true, again.VisibleSequence + 1),
            await found.CompareAndSetAsync(key, value.AsMemory(0, 1), version).Soon());
    }

    [Fact]
    public async Task A_touch_revives_nothing_and_says_so()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = BusyEngine.Number(1);
        Assert.False(await keyspace.TouchAsync(key, null).Soon());
        Assert.Empty(engine.ListKeyspaces());
        await keyspace.PutAsync(key, key, expiresAt: _time.GetUtcNow() + Life).Soon();
        _time.SetUtcNow(_time.GetUtcNow() + Life);
        Assert.False(await keyspace.TouchAsync(key, null).Soon());
        Assert.False(keyspace.TryGetInfo(key, out _));
        WriteBatch batch = engine.CreateBatch();
        batch.Touch(keyspace, key, null);
        batch.Put(keyspace, BusyEngine.Number(2), key);
        Assert.True((await engine.TryCommitAsync(batch).Soon()).Applied);
        Assert.False(keyspace.TryGetInfo(key, out _));
        await engine.DropKeyspaceAsync("k").Soon();
        Assert.False(await keyspace.TouchAsync(BusyEngine.Number(2), null).Soon());
    }

    /// <summary>
    /// A keyspace was dropped, not durably yet: that a key of it is absent is told once a power loss
    /// cannot bring it back.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task That_there_is_nothing_is_as_durable_as_the_write_would_be(bool touch)
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = BusyEngine.Number(1);
        await keyspace.PutAsync(key, key).Soon();
        await engine.DropKeyspaceAsync("k", Durability.ProcessCrash).Soon();
        long dropped = engine.VisibleSequence;
        Assert.True(engine.DurableSequence < dropped, "the drop is durable already");
        if (touch)
        {
            Assert.False(await keyspace.TouchAsync(key, null).Soon());
        }
        else
        {
            Assert.Equal(default, await keyspace.TryDeleteAsync(key).Soon());
        }

        Assert.True(engine.DurableSequence >= dropped, "told before it was durable");
    }

    [Fact]
    public async Task A_delete_says_whether_the_key_was_there_and_which_version_it_had()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = BusyEngine.Number(1);
        long version = await keyspace.PutAsync(key, key).Soon();
        Assert.Equal(
            new ConditionalResult(false, version),
            await keyspace.TryDeleteAsync(key, version + 1).Soon());
        Assert.True(keyspace.TryGetInfo(key, out _));
        Assert.Equal(
            new ConditionalResult(true, version), await keyspace.TryDeleteAsync(key, version).Soon());
        Assert.Equal(new ConditionalResult(false, 0), await keyspace.TryDeleteAsync(key).Soon());
        await keyspace.PutAsync(key, key, expiresAt: _time.GetUtcNow() + Life).Soon();
        _time.SetUtcNow(_time.GetUtcNow() + Life);
        Assert.Equal(new ConditionalResult(false, 0), await keyspace.TryDeleteAsync(key).Soon());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await keyspace.TryDeleteAsync(key, 0));
    }

    [Fact]
    public async Task A_batch_touches_what_was_there_before_it()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] first = BusyEngine.Number(1);
        byte[] second = BusyEngine.Number(2);
        long version = await keyspace.PutAsync(first, first).Soon();
        await keyspace.PutAsync(second, second).Soon();
        WriteBatch batch = engine.CreateBatch();
        batch.RequireVersion(keyspace, first, version);
        batch.Touch(keyspace, first, _time.GetUtcNow() + Life);
        batch.Put(keyspace, second, first);
        batch.Touch(keyspace, second, _time.GetUtcNow() + Life);
        await engine.CommitAsync(batch).Soon();
        Assert.True(keyspace.TryGetInfo(first, out ValueInfo touched));
        Assert.Equal(_time.GetUtcNow() + Life, touched.ExpiresAt);
        Assert.Equal(version, touched.Version);
        Assert.True(keyspace.TryGetInfo(second, out ValueInfo put));
        Assert.Null(put.ExpiresAt);
    }

    /// <summary>A value that is moved keeps the expiry that it was given last, on disk too.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_touched_value_is_moved_with_its_expiry(bool ends)
    {
        using ScratchDirectory scratch = new();
        byte[] key = BusyEngine.Number(1_000_000);
        DateTimeOffset? expected = ends ? ManualTime.Epoch.AddYears(1) : null;
        await using (EmbeddedEngine engine = await OpenAsync(scratch.Path))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            await keyspace.PutAsync(
                key, key, expiresAt: ends ? null : ManualTime.Epoch.AddYears(1)).Soon();
            Assert.True(await keyspace.TouchAsync(key, expected).Soon());
            for (int round = 0; round < 3; round++)
            {
                for (int i = 0; i < 400; i++)
                {
                    await keyspace.PutAsync(
                        BusyEngine.Number(i), new byte[500], Durability.ProcessCrash).Soon();
                }
            }

            Assert.True(await engine.CompactAsync().Soon() > 0, "nothing was freed");
        }

        await using EmbeddedEngine again = await OpenAsync(scratch.Path);
        Assert.True(again.GetKeyspace("k").TryGetInfo(key, out ValueInfo info));
        Assert.Equal(expected, info.ExpiresAt);
    }

    [Fact]
    public async Task A_value_touched_to_end_sooner_is_swept_sooner()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync(BusyEngine.Number(1), new byte[100_000]).Soon();
        await keyspace.TouchAsync(BusyEngine.Number(1), _time.GetUtcNow() + Life).Soon();
        _time.Advance(Life * 2);
        await Eventually.IsTrueAsync(() => keyspace.Count == 0, "a sweep");
        Assert.Equal(0, engine.Statistics.LiveBytes);
    }

    private static Task<EmbeddedEngine> OpenAsync(string path, TimeProvider time) =>
        SmallEngine.OpenAsync(path, options => options with { TimeProvider = time }).Soon();

    private Task<EmbeddedEngine> OpenAsync(string path) => OpenAsync(path, _time);

    private async Task PutManyAsync(EmbeddedKeyspace keyspace, int from, int count, bool expire)
    {
        List<Task> puts = [];
        for (int i = from; i < from + count; i++)
        {
            puts.Add(keyspace.PutAsync(
                BusyEngine.Number(i),
                new byte[20],
                Durability.ProcessCrash,
                expire ? _time.GetUtcNow() + Life : null).AsTask());
        }

        await Task.WhenAll(puts).Soon();
    }
}
