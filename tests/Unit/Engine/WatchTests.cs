using System.Globalization;

namespace LogEngine.Unit.Engine;

/// <summary>What a watch of the embedded engine keeps, and what it does where it cannot.</summary>
public sealed class WatchTests
{
    /// <summary>
    /// Every change in order gives what a scan gives: beside writers, compaction, snapshots, range deletes,
    /// drops, large values and expiry, and on from where it stood after each opening.
    /// </summary>
    [Fact]
    public async Task Who_folds_all_changes_has_what_a_scan_has()
    {
        using ScratchDirectory directory = new();
        Dictionary<string, string> folded = new(StringComparer.Ordinal);
        WatchPosition position = default;
        for (int era = 0; era < 3; era++)
        {
            await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
                directory.Path, BusyEngine.Options);
            EmbeddedKeyspace keys = engine.GetKeyspace("keys");
            Task writers = Task.WhenAll(Enumerable.Range(0, 3).Select(
                task => Task.Run(() => WriteAsync(engine, keys, (era * 10) + task))));
            Task<int> compacting = BusyEngine.CompactUntilAsync(engine, writers);
            WatchPosition from = position;
            Task<WatchPosition> watching = Task.Run(
                () => FoldUntilAsync(engine, keys, from, folded, writers));
            await writers.Soon();
            await compacting.Soon();
            position = await watching.WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(
                keys.Contents().Select(e => $"{e.Key}={e.Value}"),
                folded.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={e.Value}"));
        }
    }

    [Fact]
    public async Task A_watch_that_lags_behind_keeps_what_it_has_not_told()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options);
        EmbeddedKeyspace keys = engine.GetKeyspace("keys");
        await keys.PutTextAsync("first", "1", Durability.PowerLoss);
        WatchPosition start = await keys.GetPositionAsync();
        await using IAsyncEnumerator<KeyChange> watch = keys
            .WatchAsync(new WatchOptions { From = start }).GetAsyncEnumerator();
        await keys.PutTextAsync("next", "0", Durability.PowerLoss);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(1, engine.Statistics.OpenWatches);
        await OverwriteAsync(engine, keys);
        Assert.Equal(0, engine.Statistics.SegmentsFreed);
        List<string> told = [];
        while (told.Count < 600)
        {
            Assert.True(await watch.MoveNextAsync());
            told.Add(watch.Current.KeyText);
        }

        Assert.Equal(
            Enumerable.Range(0, 600).Select(i => (i % 10).ToString(CultureInfo.InvariantCulture)), told);
        await watch.DisposeAsync();
        Assert.Equal(0, engine.Statistics.OpenWatches);
        Assert.Null(engine.Statistics.OldestWatchSequence);
        await engine.CompactAsync();
        Assert.True(engine.Statistics.SegmentsFreed > 0);
    }

    [Fact]
    public async Task What_was_freed_is_an_error_and_never_passed_over()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options);
        EmbeddedKeyspace keys = engine.GetKeyspace("keys");
        List<WatchPosition> positions = [await keys.GetPositionAsync()];
        for (int i = 0; i < 8; i++)
        {
            await OverwriteAsync(engine, keys, compacts: false);
            positions.Add(await keys.GetPositionAsync());
        }

        await engine.CompactAsync();
        await engine.SnapshotAsync();
        await engine.CompactAsync();
        Assert.True(engine.Statistics.SegmentsFreed > 0);
        int lost = 0;
        foreach (WatchPosition position in positions)
        {
            try
            {
                Assert.Equal(position.Commit, await CountPutsBehindAsync(keys, position));
            }
            catch (ChangesLostException error)
            {
                lost++;
                Assert.True(error.Position.Commit >= position.Commit);
            }
        }

        Assert.InRange(lost, 1, positions.Count - 1);

        // What the error says to do.
        await foreach (KeyChange change in keys.WatchAsync(new WatchOptions { StartsWithState = true }))
        {
            if (change.Kind == KeyChangeKind.Progress)
            {
                break;
            }

            Assert.Equal(KeyChangeKind.State, change.Kind);
        }
    }

    [Fact]
    public async Task A_large_value_that_is_gone_by_then_is_told_without_it()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options);
        EmbeddedKeyspace keys = engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        await keys.PutAsync(new byte[] { 1 }, Payloads.Of(100_000, 1));
        await keys.DeleteAsync(new byte[] { 1 });
        await using IAsyncEnumerator<KeyChange> watch = keys
            .WatchAsync(new WatchOptions { From = start }).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(KeyChangeKind.Put, watch.Current.Kind);
        Assert.Null(watch.Current.Value);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(KeyChangeKind.Delete, watch.Current.Kind);
    }

    /// <summary>
    /// A watch told a large value as gone because of a removal that was not durable; a power loss took the removal
    /// back, and whoever went on from there never heard of the value.
    /// </summary>
    [Fact]
    public async Task A_large_value_is_not_told_as_gone_before_its_removal_is_durable()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options with { MaxUnsyncedAge = TimeSpan.FromHours(1) });
        EmbeddedKeyspace keys = engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        await keys.PutTextAsync("before", "1", Durability.PowerLoss);
        await keys.PutAsync(new byte[] { 1 }, Payloads.Of(100_000, 1), Durability.PowerLoss);
        await keys.DeleteAsync(new byte[] { 1 }, Durability.ProcessCrash);
        await using IAsyncEnumerator<KeyChange> watch = keys
            .WatchAsync(new WatchOptions { From = start }).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync().AsTask().Soon());
        Assert.Equal("before", watch.Current.KeyText);
        Task<bool> next = watch.MoveNextAsync().AsTask();
        await Task.Delay(50);
        Assert.False(next.IsCompleted);
        await engine.FlushAsync();
        Assert.True(await next.Soon());
        Assert.Equal(KeyChangeKind.Put, watch.Current.Kind);
        Assert.Null(watch.Current.Value);
        Assert.True(await watch.MoveNextAsync().AsTask().Soon());
        Assert.Equal(KeyChangeKind.Delete, watch.Current.Kind);
    }

    [Fact]
    public async Task What_is_not_durable_is_told_where_it_is_asked_for()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options with { MaxUnsyncedAge = TimeSpan.FromHours(1) });
        EmbeddedKeyspace keys = engine.GetKeyspace("keys");
        await keys.PutTextAsync("0", "", Durability.PowerLoss);
        WatchOptions options = new() { From = await keys.GetPositionAsync() };
        await keys.PutTextAsync("1", "", Durability.ProcessCrash);
        await using IAsyncEnumerator<KeyChange> early = keys
            .WatchAsync(options with { BeforeDurable = true }).GetAsyncEnumerator();
        Assert.True(await early.MoveNextAsync().AsTask().Soon());
        await using IAsyncEnumerator<KeyChange> durable = keys
            .WatchAsync(options).GetAsyncEnumerator();
        Task<bool> next = durable.MoveNextAsync().AsTask();
        await Task.Delay(50);
        Assert.False(next.IsCompleted);
        await engine.FlushAsync();
        Assert.True(await next.Soon());
        Assert.Equal(early.Current.Position, durable.Current.Position);
    }

    [Fact]
    public async Task A_watch_ends_with_its_engine_and_a_read_only_one_has_none()
    {
        using ScratchDirectory directory = new();
        EmbeddedEngine engine = await StorageEngine.OpenAsync(directory.Path, SmallEngine.Options);
        EmbeddedKeyspace keys = engine.GetKeyspace("keys");
        await keys.PutTextAsync("1", "");
        await using IAsyncEnumerator<KeyChange> watch = keys.WatchAsync().GetAsyncEnumerator();
        Task<bool> next = watch.MoveNextAsync().AsTask();
        await engine.CloseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => next.Soon());
        await using EmbeddedEngine reader = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options with { ReadOnly = true });
        Assert.False(reader.Capabilities.CanWatch);
        Assert.Throws<NotSupportedException>(() => reader.GetKeyspace("keys").WatchAsync());
    }

    [Fact]
    public async Task A_position_of_another_keyspace_is_refused()
    {
        using ScratchDirectory directory = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory.Path, SmallEngine.Options);
        EmbeddedKeyspace keys = engine.GetKeyspace("keys");
        await keys.PutTextAsync("1", "");
        await engine.GetKeyspace("other").PutTextAsync("1", "");
        WatchPosition other = await engine.GetKeyspace("other").GetPositionAsync();
        await using IAsyncEnumerator<KeyChange> watch = keys
            .WatchAsync(new WatchOptions { From = other }).GetAsyncEnumerator();
        await Assert.ThrowsAsync<ArgumentException>(() => watch.MoveNextAsync().AsTask());
        Assert.Equal(0, engine.Statistics.OpenWatches);
    }

    [Theory]
    [InlineData("12.3", true)]
    [InlineData("12", false)]
    [InlineData("-1.0", false)]
    [InlineData("1.", false)]
    [InlineData(null, false)]
    public void A_position_is_text_and_back(string? text, bool isOne)
    {
        Assert.Equal(isOne, WatchPosition.TryParse(text, out WatchPosition position));
        Assert.Equal(isOne ? new WatchPosition(12, 3) : default, position);
        Assert.Equal(isOne ? text : "0.0", position.ToString());
    }

    /// <summary>Fills several segments with ten keys, over and over.</summary>
    private static async Task OverwriteAsync(
        EmbeddedEngine engine, EmbeddedKeyspace keys, bool compacts = true)
    {
        string value = new('x', 1000);
        for (int i = 0; i < 600; i++)
        {
            await keys.PutTextAsync(
                (i % 10).ToString(CultureInfo.InvariantCulture), value, Durability.None);
        }

        await engine.FlushAsync();
        if (compacts)
        {
            await engine.CompactAsync();
            await engine.SnapshotAsync();
            await engine.CompactAsync();
        }
    }

    /// <summary>The commit up to which every sequence was a put that was told, from a position on.</summary>
    private static async Task<long> CountPutsBehindAsync(EmbeddedKeyspace keys, WatchPosition from)
    {
        long told = 0;
        await foreach (KeyChange change in keys.WatchAsync(
            new WatchOptions { From = from, ReportsProgress = true }))
        {
            if (change.Kind == KeyChangeKind.Progress)
            {
                break;
            }

            told++;
        }

        // Behind each position lie whole rounds of 600 puts, and nothing else of the keyspace.
        Assert.Equal(0, told % 600);
        return from.Commit;
    }

    private static async Task WriteAsync(EmbeddedEngine engine, EmbeddedKeyspace keys, int seed)
    {
        Random random = new(seed);
        for (int i = 0; i < 400; i++)
        {
            string key = random.Next(200).ToString("D3", CultureInfo.InvariantCulture);
            string value = $"{seed} {i} {new string('x', random.Next(400))}";
            WriteBatch batch = engine.CreateBatch();
            switch (random.Next(20))
            {
                case 0:
                    await keys.DeleteRangeAsync(SmallEngine.Bytes(key), SmallEngine.Bytes($"{key}5"));
                    break;
                case 1:
                    batch.Put(keys, key, value);
                    batch.Put(engine.GetKeyspace("other"), key, value);
                    batch.Delete(keys, $"{random.Next(200):D3}");
                    await engine.CommitAsync(batch, Durability.ProcessCrash);
                    break;
                case 2:
                    await keys.PutTextAsync(key, new string('y', 20_000 + i));
                    break;
                case 3 when i % 100 == 3:
                    await engine.DropKeyspaceAsync("keys", Durability.ProcessCrash);
                    break;
                case < 7:
                    await keys.DeleteAsync(SmallEngine.Bytes(key), Durability.ProcessCrash);
                    break;
                case 8:
                    await keys.PutAsync(
                        SmallEngine.Bytes(key),
                        SmallEngine.Bytes(value),
                        Durability.None,
                        DateTimeOffset.UtcNow - TimeSpan.FromSeconds(1));
                    break;
                default:
                    await keys.PutTextAsync(key, value);
                    break;
            }
        }
    }

    /// <summary>Folds until the writers have ended and there is nothing more.</summary>
    private static async Task<WatchPosition> FoldUntilAsync(
        EmbeddedEngine engine,
        EmbeddedKeyspace keys,
        WatchPosition from,
        Dictionary<string, string> folded,
        Task writers)
    {
        WatchPosition last = from;
        long end = long.MaxValue;
        await foreach (KeyChange change in keys.WatchAsync(
            new WatchOptions { From = from, ReportsProgress = true }))
        {
            Assert.True(change.Position.Commit >= last.Commit);
            last = change.Position;
            Fold(folded, change);
            if (end == long.MaxValue && writers.IsCompleted)
            {
                await engine.FlushAsync();
                end = (await keys.GetPositionAsync()).Commit;
            }

            if (change.Kind == KeyChangeKind.Progress && last.Commit >= end)
            {
                break;
            }
        }

        return last;
    }

    private static void Fold(Dictionary<string, string> folded, KeyChange change)
    {
        switch (change.Kind)
        {
            case KeyChangeKind.Put when change.ExpiresAt is not null || change.Value is null:
                // Expired before it was written; or overwritten before it was told.
                folded.Remove(change.KeyText);
                break;
            case KeyChangeKind.Put:
                folded[change.KeyText] = change.ValueText!;
                break;
            case KeyChangeKind.Delete:
                folded.Remove(change.KeyText);
                break;
            case KeyChangeKind.DeleteRange:
                string to = System.Text.Encoding.UTF8.GetString(change.To.Span);
                foreach (string key in folded.Keys.Where(k =>
                    string.CompareOrdinal(k, change.KeyText) >= 0
                    && string.CompareOrdinal(k, to) < 0).ToList())
                {
                    folded.Remove(key);
                }

                break;
            case KeyChangeKind.Drop:
                folded.Clear();
                break;
        }
    }
}
