using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LogEngine.Conformance.Cases;

/// <summary>Counters, values in pieces, marks of a batch, keys with versions, statistics.</summary>
internal static class KeyspaceCases
{
    private const string Store = "Keyspace";

    [Case(Store, "counters")]
    internal static async Task A_counter_begins_at_zero_and_lasts(ConformanceSession s)
    {
        Keyspace counts = s.Engine.GetKeyspace("counts");
        Assert.Equal(0, await counts.GetCounterAsync("hits"));
        Assert.Equal(1, await counts.IncrementAsync("hits"));
        Assert.Equal(-4, await counts.IncrementAsync("hits", -5));
        Assert.Equal(-4, await counts.IncrementAsync("hits", 0));
        await s.StepAsync();
        counts = s.Engine.GetKeyspace("counts");
        Assert.Equal(-4, await counts.GetCounterAsync("hits"));
        using StoredValue? bytes = await counts.GetAsync("hits");
        Assert.Equal([0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], bytes!.Memory.ToArray());
    }

    [Case(Store, "counters")]
    internal static async Task What_is_no_counter_and_what_overflows_is_refused(ConformanceSession s)
    {
        Keyspace counts = s.Engine.GetKeyspace("counts");
        await counts.PutAsync("text", "1234567");
        NoCounterException no = await Assert.ThrowsAsync<NoCounterException>(
            async () => await counts.IncrementAsync("text"));
        Assert.Contains("7 bytes", no.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<NoCounterException>(
            async () => await counts.GetCounterAsync("text"));
        Assert.Equal(long.MaxValue, await counts.IncrementAsync("high", long.MaxValue));
        CounterOverflowException over = await Assert.ThrowsAsync<CounterOverflowException>(
            async () => await counts.IncrementAsync("high", 2));
        Assert.Equal((long.MaxValue, 2L), (over.Value, over.Delta));
        Assert.Equal(long.MinValue, await counts.IncrementAsync("low", long.MinValue));
        await Assert.ThrowsAsync<CounterOverflowException>(
            async () => await counts.IncrementAsync("low", -1));

        WriteBatch batch = s.Engine.CreateBatch();
        batch.Put(counts, "beside", "x");
        PendingValue<long> sum = batch.Increment(counts, "high");
        await Assert.ThrowsAsync<CounterOverflowException>(
            async () => await s.Engine.CommitAsync(batch));
        Assert.False(sum.IsKnown);
        await s.StepAsync();
        counts = s.Engine.GetKeyspace("counts");
        Assert.False(await counts.ContainsAsync("beside"));
        Assert.Equal(long.MaxValue, await counts.GetCounterAsync("high"));
        Assert.Equal("1234567", await counts.GetTextAsync("text"));
    }

    [Case(Store, "counters")]
    internal static async Task A_counter_keeps_its_expiry_unless_it_is_given_one(ConformanceSession s)
    {
        Keyspace counts = s.Engine.GetKeyspace("counts");
        DateTimeOffset end = s.Time.GetUtcNow() + TimeSpan.FromMinutes(1);
        await counts.IncrementAsync("window", expiresAt: end);
        Assert.Equal(2, await counts.IncrementAsync("window"));
        WriteBatch batch = s.Engine.CreateBatch();
        batch.Increment(counts, "window");
        await s.Engine.CommitAsync(batch);
        ValueInfo? info = await counts.GetInfoAsync(Encoding.UTF8.GetBytes("window"));
        Assert.Equal(end, info!.Value.ExpiresAt);
        s.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1, await counts.IncrementAsync("window"));
    }

    [Case(Store, "counters", Waits = true)]
    internal static async Task Sixty_four_tasks_count_at_once_and_each_has_his_own_number(
        ConformanceSession s)
    {
        Keyspace counts = s.Engine.GetKeyspace("counts");
        long[][] seen = new long[64][];
        await s.AtOnceAsync(64, async task =>
        {
            seen[task] = new long[20];
            for (int i = 0; i < 20; i++)
            {
                seen[task][i] = await counts.IncrementAsync("hits");
            }
        });
        Assert.Equal(
            Enumerable.Range(1, 64 * 20).Select(n => (long)n), seen.SelectMany(n => n).Order());
        await s.StepAsync();
        Assert.Equal(64 * 20, await s.Engine.GetKeyspace("counts").GetCounterAsync("hits"));
    }

    [Case(Store, "counters", Waits = true)]
    internal static async Task Counting_goes_on_beside_others_who_write_the_key(ConformanceSession s)
    {
        Keyspace counts = s.Engine.GetKeyspace("counts");
        long others = 0;
        await s.AtOnceAsync(8, async task =>
        {
            for (int i = 0; i < 50; i++)
            {
                if (task > 1)
                {
                    await counts.IncrementAsync("hits", 2);
                    continue;
                }

                WriteBatch batch = s.Engine.CreateBatch();
                batch.Increment(counts, "hits", 1000);
                if ((await s.Engine.TryCommitAsync(batch)).Applied)
                {
                    Interlocked.Add(ref others, 1000);
                }
            }
        });
        Assert.Equal(others + (6 * 50 * 2), await counts.GetCounterAsync("hits"));
    }

    [Case(Store, "counters")]
    internal static async Task A_batch_counts_several_times_and_with_all_else_it_does(ConformanceSession s)
    {
        Keyspace counts = s.Engine.GetKeyspace("counts");
        Keyspace rows = s.Engine.GetKeyspace("rows");
        await counts.IncrementAsync("rows", 40);
        WriteBatch batch = s.Engine.CreateBatch();
        batch.Put(rows, "a", "1");
        PendingValue<long> first = batch.Increment(counts, "rows");
        PendingValue<long> second = batch.Increment(counts, "rows");
        PendingValue<long> other = batch.Increment(counts, "others", 7);
        await s.Engine.CommitAsync(batch);
        Assert.Equal((41L, 42L, 7L), (first.Value, second.Value, other.Value));
        WriteBatch twice = s.Engine.CreateBatch();
        twice.Delete(counts, "rows");
        twice.Increment(counts, "rows");
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await s.Engine.CommitAsync(twice));
        await s.StepAsync();
        Assert.Equal(42, await s.Engine.GetKeyspace("counts").GetCounterAsync("rows"));
        Assert.Equal("1", await s.Engine.GetKeyspace("rows").GetTextAsync("a"));
    }

    [Case(Store, "counters", Waits = true)]
    internal static async Task A_batch_whose_counter_moved_meanwhile_is_refused(ConformanceSession s)
    {
        Keyspace counts = s.Engine.GetKeyspace("counts");
        WriteBatch batch = s.Engine.CreateBatch();
        PendingValue<long> sum = batch.Increment(counts, "n");
        batch.Observe(new Before(async () => await counts.IncrementAsync("n", 10)));
        Assert.False((await s.Engine.TryCommitAsync(batch)).Applied);
        Assert.False(sum.IsKnown);
        Assert.Equal(10, await counts.GetCounterAsync("n"));
    }

    [Case(Store, "pieces")]
    internal static async Task Values_come_in_pieces(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("pieces");
        byte[] large = Payloads.Of(300_000, 1);
        ReadOnlySequence<byte> pieces = Piece.Of([1, 2], [], large, [3]);
        byte[] joined = pieces.ToArray();
        await keys.PutAsync(new byte[] { 1 }, pieces);
        await keys.PutAsync(new byte[] { 2 }, new byte[] { 7, 7 }, large);
        await keys.PutAsync(new byte[] { 3 }, ReadOnlySequence<byte>.Empty);
        Assert.True((await keys.CompareAndSetAsync(new byte[] { 4 }, Piece.Of([1], [2]), 0)).Applied);
        Assert.False((await keys.CompareAndSetAsync(new byte[] { 4 }, Piece.Of([1], [3]), 0)).Applied);
        WriteBatch batch = s.Engine.CreateBatch();
        batch.Put(keys, [5], pieces);
        batch.Put(keys, [6], [9], [8, 7]);
        await s.Engine.CommitAsync(batch);
        await s.StepAsync();
        keys = s.Engine.GetKeyspace("pieces");
        byte[][] expected = [joined, [7, 7, .. large], [], [1, 2], joined, [9, 8, 7]];
        for (byte key = 1; key <= expected.Length; key++)
        {
            using StoredValue? value = await keys.GetAsync(new[] { key });
            Assert.Equal(expected[key - 1], value!.Memory.ToArray());
        }
    }

    [Case(Store, "marks")]
    internal static async Task A_batch_takes_back_what_was_added_since_a_mark(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        await keys.PutAsync("there", "old");
        WriteBatch batch = s.Engine.CreateBatch();
        batch.Put(keys, "kept", "1");
        s.Runs.AppendNext(batch, "run", new RunRow(0, "kept", "t"));
        BatchMark mark = batch.Mark();
        batch.Put(keys, Encoding.UTF8.GetBytes("large"), Payloads.Of(300_000, 2));
        batch.DeleteRange(keys, default, default);
        batch.Touch(keys, "there"u8, s.Time.GetUtcNow());
        batch.RequireVersion(keys, "there"u8, 0);
        PendingValue<long> row = s.Runs.AppendNext(batch, "run", new RunRow(0, "gone", "t"));
        PendingValue<long> count = batch.Increment(keys, "count");
        BatchMark later = batch.Mark();
        batch.TruncateTo(mark);
        Assert.Equal((1, 0), (batch.Count, batch.ConditionCount));
        Assert.Throws<ArgumentException>(() => batch.TruncateTo(later));
        Assert.Throws<ArgumentException>(() => s.Engine.CreateBatch().TruncateTo(mark));
        batch.Put(keys, "after", "2");
        await s.Engine.CommitAsync(batch);
        Assert.False(row.IsKnown || count.IsKnown);
        Assert.Throws<InvalidOperationException>(() => batch.TruncateTo(mark));
        await s.StepAsync();
        keys = s.Engine.GetKeyspace("keys");
        List<KeyValueEntry> all = await keys.Scan().ReadAllAsync().ToListAsync();
        Assert.Equal(
            ["after=2", "kept=1", "there=old"], all.Select(e => $"{e.KeyText}={e.ValueText}"));
        Assert.Equal(["kept"], (await s.Runs.LoadAsync("run")).Select(r => r.State));
    }

    [Case(Store, "keys with versions")]
    internal static async Task A_key_holds_the_version_that_the_commit_gives(ConformanceSession s)
    {
        Keyspace feed = s.Engine.GetKeyspace("feed");
        List<long> versions = [];
        for (int commit = 0; commit < 3; commit++)
        {
            WriteBatch batch = s.Engine.CreateBatch();
            batch.Put(s.Engine.GetKeyspace("other"), "k", "v");
            PendingValue<long> first = batch.PutSequenced(feed, "a/"u8, [1], "/x"u8);
            PendingValue<long> second = batch.PutSequenced(
                feed, "a/"u8, [2], expiresAt: s.Time.GetUtcNow() + TimeSpan.FromDays(1));
            Assert.False(first.IsKnown);
            await s.Engine.CommitAsync(batch);
            versions.AddRange([first.Value, second.Value]);
            await s.StepAsync();
            feed = s.Engine.GetKeyspace("feed");
        }

        Assert.Equal(versions.Order().Distinct(), versions);
        List<KeyValueEntry> all = await feed.Scan().ReadAllAsync().ToListAsync();
        Assert.Equal(versions, all.Select(entry => entry.Info.Version));
        Assert.Equal(
            versions,
            all.Select(entry => BinaryPrimitives.ReadInt64BigEndian(entry.Key.Span[2..])));
        Assert.EndsWith("/x", Encoding.Latin1.GetString(all[0].Key.Span), StringComparison.Ordinal);
    }

    [Case(Store, "keys with versions")]
    internal static async Task Keys_hold_the_versions_of_large_values_too(ConformanceSession s)
    {
        Keyspace feed = s.Engine.GetKeyspace("feed");
        byte[][] values = [new byte[10], Payloads.Of(300_000, 1), [], Payloads.Of(20_000, 2)];
        WriteBatch batch = s.Engine.CreateBatch();
        batch.Put(feed, "a large one before them"u8, Payloads.Of(250_000, 3));
        List<PendingValue<long>> puts =
            [.. values.Select(value => batch.PutSequenced(feed, "k"u8, value))];
        batch.Delete(feed, "nothing"u8);
        await s.Engine.CommitAsync(batch);
        await AssertSequencedAsync(s, puts, values);
    }

    /// <summary>Above the cap of a group, and above a segment.</summary>
    [Case(Store, "keys with versions")]
    internal static async Task Keys_hold_the_versions_of_a_batch_that_is_larger_than_a_group(ConformanceSession s)
    {
        Keyspace feed = s.Engine.GetKeyspace("feed");
        foreach (int count in new[] { 30, 120 })
        {
            byte[][] values = [.. Enumerable.Range(0, count).Select(i => Payloads.Of(900, i))];
            WriteBatch batch = s.Engine.CreateBatch();
            batch.RequireAbsent(feed, "other"u8);
            List<PendingValue<long>> puts =
                [.. values.Select(value => batch.PutSequenced(feed, "k"u8, value))];
            batch.Put(s.Engine.GetKeyspace($"of {count}"), "last"u8, [1]);
            await s.Engine.CommitAsync(batch);
            await AssertSequencedAsync(s, puts, values);
            feed = s.Engine.GetKeyspace("feed");
        }
    }

    /// <summary>They stand in the order of the batch, behind all that was put before.</summary>
    private static async Task AssertSequencedAsync(
        ConformanceSession s, List<PendingValue<long>> puts, byte[][] values)
    {
        long[] versions = [.. puts.Select(put => put.Value)];
        Assert.Equal(versions.Order().Distinct(), versions);
        await s.StepAsync();
        List<KeyValueEntry> all = await s.Engine.GetKeyspace("feed")
            .Scan(ScanRange.Prefix("k"u8.ToArray())).ReadAllAsync().ToListAsync();
        KeyValueEntry[] own = [.. all.TakeLast(values.Length)];
        Assert.Equal(versions, own.Select(entry => entry.Info.Version));
        Assert.Equal(
            versions, own.Select(entry => BinaryPrimitives.ReadInt64BigEndian(entry.Key.Span[1..])));
        Assert.All(own.Zip(values), pair => Assert.True(
            pair.First.Value.Span.SequenceEqual(pair.Second), "another value"));
    }

    [Case(Store, "keys with versions")]
    internal static async Task A_refused_batch_with_such_a_key_leaves_nothing(ConformanceSession s)
    {
        Keyspace feed = s.Engine.GetKeyspace("feed");
        await feed.PutAsync("there", "1");
        WriteBatch batch = s.Engine.CreateBatch();
        batch.RequireAbsent(feed, "there"u8);
        PendingValue<long> put = batch.PutSequenced(feed, "a"u8, [1]);
        Assert.False((await s.Engine.TryCommitAsync(batch)).Applied);
        Assert.False(put.IsKnown);
        Assert.Equal(1, await feed.CountAsync());
        Assert.Throws<ArgumentException>(() =>
            s.Engine.CreateBatch().PutSequenced(feed, new byte[2041], [1]));
    }

    [Case(Store, "statistics")]
    internal static async Task Every_engine_says_how_many_keys_it_holds(ConformanceSession s)
    {
        await s.Engine.GetKeyspace("a").PutAsync("1", "x");
        await s.Engine.GetKeyspace("b").PutAsync("1", "x");
        await s.Runs.AppendNextAsync("run", new RunRow(0, "row", "t"));
        EngineStatistics held = await s.Engine.GetStatisticsAsync();
        Assert.Equal((3L, 3), (held.Keys, held.Keyspaces));
        Assert.True(held.DataBytes is null or > 0);
        Assert.True(held.StorageBytes is null || held.StorageBytes >= held.DataBytes);
    }

    /// <summary>Does something between the look of those before it and the commit.</summary>
    private sealed class Before(Func<ValueTask> act) : IBatchObserver
    {
        public ValueTask CommittingAsync(WriteBatch batch) => act();

        public void Completed(CommitResult? outcome)
        {
        }
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal static ReadOnlySequence<byte> Of(params byte[][] pieces)
        {
            Piece first = new() { Memory = pieces[0] };
            Piece last = first;
            foreach (byte[] piece in pieces[1..])
            {
                Piece next = new()
                {
                    Memory = piece,
                    RunningIndex = last.RunningIndex + last.Memory.Length,
                };
                last.Next = next;
                last = next;
            }

            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }
}
