namespace LogEngine.Conformance.Cases;

/// <summary>What a watch of a keyspace tells.</summary>
internal static class WatchCases
{
    private const string Store = "Keyspace";

    [Case(Store, "watch")]
    internal static async Task A_watch_tells_every_change_in_order_also_after_a_step(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        DateTimeOffset end = s.Time.GetUtcNow() + TimeSpan.FromDays(1);
        await keys.PutAsync("a", "1");
        await keys.PutAsync("b", "2", expiresAt: end);
        await keys.PutAsync("a", "3");
        await keys.DeleteAsync("b");
        await keys.DeleteAsync("none");
        await keys.TouchAsync("a"u8.ToArray(), end);
        await keys.DeleteRangeAsync("a"u8.ToArray(), "c"u8.ToArray());
        await s.Engine.GetKeyspace("other").PutAsync("a", "other");
        await s.StepAsync();
        keys = s.Engine.GetKeyspace("keys");
        List<KeyChange> told = await Watched.AllAsync(keys, new WatchOptions { From = start });
        Assert.Equal("a=1, b=2, a=3, -b, -none, ~a, -[a,c)", told.Say());
        Assert.Equal(end, told[1].ExpiresAt);
        Assert.Equal(end, told[5].ExpiresAt);
        Assert.Equal(told[2].Version, told[5].Version);
        Assert.Equal(
            told.Select(change => change.Position.Commit).Order(),
            told.Select(change => change.Position.Commit));
    }

    [Case(Store, "watch")]
    internal static async Task A_watch_goes_on_behind_any_position_that_it_told(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        for (int i = 0; i < 5; i++)
        {
            await keys.PutAsync($"k{i}", $"{i}");
        }

        List<KeyChange> told = await Watched.AllAsync(keys, new WatchOptions { From = start });
        await s.StepAsync();
        keys = s.Engine.GetKeyspace("keys");
        for (int i = 0; i < 5; i++)
        {
            WatchPosition kept = WatchPosition.Parse(told[i].Position.ToString());
            Assert.Equal(
                string.Join(", ", Enumerable.Range(i + 1, 4 - i).Select(n => $"k{n}={n}")),
                (await Watched.AllAsync(keys, new WatchOptions { From = kept })).Say());
        }
    }

    [Case(Store, "watch")]
    internal static async Task Changes_of_a_batch_come_together_and_have_one_position(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        await keys.PutAsync("a", "0");
        WriteBatch batch = s.Engine.CreateBatch();
        batch.Put(keys, "a", "1");
        batch.Put(s.Engine.GetKeyspace("other"), "x", "1");
        batch.Delete(keys, "b");
        batch.Put(keys, "c", "1");
        await s.Engine.CommitAsync(batch);
        List<KeyChange> told = await Watched.AllAsync(keys, new WatchOptions { From = start });
        Assert.Equal("a=0, a=1, -b, c=1", told.Say());
        Assert.NotEqual(told[0].Position, told[1].Position);
        Assert.Single(told.Skip(1).Take(3).Select(change => change.Position).Distinct());
        Assert.Equal(
            "a=1, -b, c=1",
            (await Watched.AllAsync(keys, new WatchOptions { From = told[0].Position })).Say());
        Assert.Equal(
            "", (await Watched.AllAsync(keys, new WatchOptions { From = told[1].Position })).Say());
    }

    [Case(Store, "watch")]
    internal static async Task A_prefix_is_told_alone_with_the_ranges_that_meet_it(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        await keys.PutAsync("a1", "1");
        await keys.PutAsync("b1", "1");
        await keys.DeleteAsync("c1");
        await keys.DeleteRangeAsync("a"u8.ToArray(), "b"u8.ToArray());
        await keys.DeleteRangeAsync("a"u8.ToArray(), "b1"u8.ToArray());
        await keys.DeleteRangeAsync("c"u8.ToArray(), default);
        await keys.DeleteRangeAsync(default, default);
        Assert.Equal(
            "b1=1, -[a,b1), -[,)",
            (await Watched.AllAsync(
                keys, new WatchOptions { From = start, Prefix = "b"u8.ToArray() })).Say());
    }

    [Case(Store, "watch")]
    internal static async Task State_comes_first_then_what_changes_after_it(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        await keys.PutAsync("a1", "1");
        await keys.PutAsync("a2", "2");
        await keys.PutAsync("b", "3");
        await s.StepAsync();
        keys = s.Engine.GetKeyspace("keys");
        await using IAsyncEnumerator<KeyChange> watch = keys.WatchAsync(new WatchOptions
        {
            StartsWithState = true,
            Prefix = "a"u8.ToArray(),
        }).GetAsyncEnumerator();
        List<KeyChange> told = [];
        for (int i = 0; i < 4; i++)
        {
            Assert.True(await watch.MoveNextAsync());
            told.Add(watch.Current);
            if (i == 0)
            {
                // Between the state and what changes nothing is missed.
                await keys.PutAsync("a2", "4");
            }
        }

        Assert.Equal("is a1=1, is a2=2, a2=4", told.Say());
        Assert.Equal(KeyChangeKind.Progress, told[2].Kind);
        Assert.Equal(told[0].Position, told[2].Position);
        Assert.Equal(
            "a2=4",
            (await Watched.AllAsync(keys, new WatchOptions
            {
                From = told[2].Position,
                Prefix = "a"u8.ToArray(),
            })).Say());
    }

    [Case(Store, "watch")]
    internal static async Task A_view_has_a_position_behind_which_changes_are_told(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        await keys.PutAsync("a", "1");
        await using ReadView view = await s.Engine.OpenReadViewAsync();
        await keys.PutAsync("a", "2");
        WatchPosition position = await view.In(keys).GetPositionAsync();
        Assert.Equal("1", await view.In(keys).GetTextAsync("a"));
        Assert.Equal(
            "a=2", (await Watched.AllAsync(keys, new WatchOptions { From = position })).Say());
    }

    [Case(Store, "watch")]
    internal static async Task A_keyspace_that_is_dropped_and_made_anew_is_told_so(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        WatchPosition none = await keys.GetPositionAsync();
        await keys.PutAsync("a", "1");
        WatchPosition first = await keys.GetPositionAsync();
        await s.Engine.DropKeyspaceAsync("keys");
        WatchPosition dropped = await keys.GetPositionAsync();
        await keys.PutAsync("b", "2");
        await s.StepAsync();
        keys = s.Engine.GetKeyspace("keys");
        Assert.Equal(
            "a=1, Drop, b=2", (await Watched.AllAsync(keys, new WatchOptions { From = none })).Say());
        Assert.Equal(
            "Drop, b=2", (await Watched.AllAsync(keys, new WatchOptions { From = first })).Say());
        Assert.Equal(
            "b=2", (await Watched.AllAsync(keys, new WatchOptions { From = dropped })).Say());
        Assert.Equal(
            "is b=2", (await Watched.AllAsync(keys, new WatchOptions { StartsWithState = true })).Say());
    }

    [Case(Store, "watch")]
    internal static async Task Large_values_are_told_whole(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        byte[] large = Payloads.Of(500_000, 1);
        WatchPosition start = await keys.GetPositionAsync();
        await keys.PutAsync(new byte[] { 1 }, large);
        await keys.PutAsync(new byte[] { 2 }, new byte[] { 2 });
        await s.StepAsync();
        keys = s.Engine.GetKeyspace("keys");
        List<KeyChange> told = await Watched.AllAsync(keys, new WatchOptions { From = start });
        Assert.Equal(3, told.Count);
        Assert.Equal(large, told[0].Value!.Value.ToArray());
        Assert.Equal([2], told[1].Value!.Value.ToArray());
    }

    [Case(Store, "watch")]
    internal static async Task A_position_ahead_of_all_there_is_is_refused(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        await keys.PutAsync("a", "1");
        WatchPosition now = await keys.GetPositionAsync();
        WatchPosition ahead = now with { Commit = now.Commit + 1000 };
        ChangesLostException lost = await Assert.ThrowsAsync<ChangesLostException>(
            () => Watched.AllAsync(keys, new WatchOptions { From = ahead }));
        Assert.Equal(ahead, lost.Position);
        Assert.Throws<ArgumentException>(() =>
            keys.WatchAsync(new WatchOptions { From = now, StartsWithState = true }));
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            keys.WatchAsync(new WatchOptions { From = new WatchPosition(-1, 0) }));
    }

    [Case(Store, "watch", Waits = true)]
    internal static async Task A_watch_waits_for_what_comes_and_ends_with_its_token(ConformanceSession s)
    {
        Keyspace keys = s.Engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        using CancellationTokenSource end = new();
        List<string> told = [];
        Task watching = Task.Run(async () =>
        {
            await foreach (KeyChange change in keys.WatchAsync(
                new WatchOptions { From = start }, end.Token))
            {
                // What is told can be read.
                told.Add((await keys.GetTextAsync(change.KeyText))!);
                if (told.Count == 50)
                {
                    await end.CancelAsync();
                }
            }
        });
        for (int i = 0; i < 50; i++)
        {
            await keys.PutAsync($"{i}", $"{i}");
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), told);
    }
}
