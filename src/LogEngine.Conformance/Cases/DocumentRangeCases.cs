using System.Text;

namespace LogEngine.Conformance.Cases;

/// <summary>Documents as text, by range, several at once, and for a time.</summary>
internal static class DocumentRangeCases
{
    private const string Store = "DocumentStore";

    [Case(Store, "text")]
    internal static async Task Text_is_saved_and_loaded_without_a_serializer(ConformanceSession s)
    {
        long version = await s.Documents.SaveTextAsync("k", """{ "b": [1.0, "\u00e9"], "a": 2 }"""u8.ToArray());
        WriteBatch batch = s.Engine.CreateBatch();
        s.Documents.SaveText(batch, "l", " null "u8.ToArray());
        await s.Engine.CommitAsync(batch);
        await s.StepAsync();
        using (StoredValue? found = await s.Documents.LoadTextAsync("k"))
        {
            Assert.Equal("""{"a":2,"b":[1.0,"é"]}""", Encoding.UTF8.GetString(found!.Memory.Span));
            Assert.Equal(version, found.Version);
        }

        Assert.Equal(2, (await s.Documents.LoadAsync("k"))!.Value.GetProperty("a").GetInt32());
        Assert.Equal(
            ["""{"a":2,"b":[1.0,"é"]}""", "null"],
            (await s.Documents.ReadAllTextAsync().ToListAsync())
                .Select(d => Encoding.UTF8.GetString(d.Value.Span)));
        Assert.Null(await s.Documents.LoadTextAsync("absent"));
        Assert.False((await s.Documents.TrySaveTextAsync("k", "1"u8.ToArray(), 0)).Applied);
        Assert.True((await s.Documents.TrySaveTextAsync("k", "1"u8.ToArray(), version)).Applied);
        foreach (string wrong in (string[])["", "{", "1 2", """{"x":1,"x":2}""", "// no", "[1,]"])
        {
            await Assert.ThrowsAsync<ArgumentException>(
                async () => await s.Documents.SaveTextAsync("k", Encoding.UTF8.GetBytes(wrong)));
        }
    }

    [Case(Store, "save")]
    internal static async Task Types_found_by_reflection_are_saved_too(ConformanceSession s)
    {
        Order order = new("ann", 1, 1.5m);
        long version = await s.Documents.SaveAsync("o", order);
        WriteBatch batch = s.Engine.CreateBatch();
        s.Documents.Save(batch, "p", order with { Items = 2 });
        await s.Engine.CommitAsync(batch);
        await s.StepAsync();
        Assert.Equal(order, (await s.Documents.LoadAsync<Order>("o"))!.Value);
        Assert.Equal([1, 2], (await s.Documents.LoadManyAsync<Order>(["o", "p"])).Select(d => d!.Value.Items));
        Assert.Equal(
            [1, 2], (await s.Documents.ReadAllAsync<Order>().ToListAsync()).Select(d => d.Value.Items));
        Assert.True((await s.Documents.TrySaveAsync("o", order with { Items = 3 }, version)).Applied);
        Assert.Equal(3, (await s.Documents.LoadAsync<Order>("o"))!.Value.Items);
    }

    [Case(Store, "load")]
    internal static async Task Load_of_many_is_in_the_order_of_the_keys_with_gaps(ConformanceSession s)
    {
        Order order = new("ann", 1, 1);
        for (int i = 0; i < 5; i++)
        {
            await s.Documents.SaveAsync($"{i}", order with { Items = i }, TestJson.Default.Order);
        }

        await s.StepAsync();
        Assert.Equal(
            [4, null, 0, 4],
            (await s.Documents.LoadManyAsync(["4", "no", "0", "4"], TestJson.Default.Order))
                .Select(d => d?.Value.Items));
        Assert.Empty(await s.Documents.LoadManyAsync([], TestJson.Default.Order));
        Assert.True(await s.Documents.ContainsAsync("3"));
        Assert.False(await s.Documents.ContainsAsync("no"));
        Assert.Equal(
            (await s.Documents.LoadAsync("3"))!.Version, (await s.Documents.GetInfoAsync("3"))!.Value.Version);
        Assert.Null(await s.Documents.GetInfoAsync("no"));
    }

    [Case(Store, "delete")]
    internal static async Task Delete_with_an_expected_version_is_conditional(ConformanceSession s)
    {
        long first = await s.Documents.SaveAsync("k", Listing.Json("1"));
        long second = await s.Documents.SaveAsync("k", Listing.Json("2"));
        await s.StepAsync();
        Assert.Equal(new ConditionalResult(false, second), await s.Documents.TryDeleteAsync("k", first));
        Assert.Equal(new ConditionalResult(true, second), await s.Documents.TryDeleteAsync("k", second));
        await s.StepAsync();
        Assert.Equal(new ConditionalResult(false, 0), await s.Documents.TryDeleteAsync("k", second));
    }

    [Case(Store, "list")]
    internal static async Task List_takes_a_start_a_direction_and_a_limit(ConformanceSession s)
    {
        string[] keys = ["a", "b/1", "b/2", "b/3", "b/3\0", "c", "é"];
        foreach (string key in keys)
        {
            await s.Documents.SaveAsync(key, Listing.Json("1"), Durability.ProcessCrash);
        }

        await s.Engine.FlushAsync();
        await s.StepAsync();
        string?[] borders = [null, "", "a", "b", "b/2", "b/20", "b/3", "c", "d", "é", "ê"];
        foreach (string prefix in (string[])["", "b/", "b/3", "x"])
        {
            Assert.Equal(keys.Count(k => k.StartsWith(prefix, StringComparison.Ordinal)), await s.Documents.CountAsync(prefix));
            foreach (string? border in borders.Where(b => b != ""))
            {
                foreach (bool reverse in (bool[])[false, true])
                {
                    foreach (bool after in (bool[])[false, true])
                    {
                        foreach (int? limit in (int?[])[null, 1, 2])
                        {
                            await ShowsAsync(s, keys, new DocumentRange
                            {
                                Prefix = prefix,
                                From = after ? null : border,
                                After = after ? border : null,
                                Reverse = reverse,
                                Limit = limit,
                            });
                        }
                    }
                }
            }
        }

        await Assert.ThrowsAsync<ArgumentException>(async () => await s.Documents.ListAsync(
            new DocumentRange { From = "a", After = "a" }).ToListAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await s.Documents.ListAsync(
            new DocumentRange { Limit = 0 }).ToListAsync());
    }

    [Case(Store, "expiry")]
    internal static async Task An_expired_document_is_absent_and_a_touch_renews(ConformanceSession s)
    {
        DateTimeOffset soon = s.Time.GetUtcNow() + TimeSpan.FromHours(1);
        long version = await s.Documents.SaveAsync("k", Listing.Json("1"), expiresAt: soon);
        await s.Documents.SaveAsync("l", Listing.Json("1"), expiresAt: soon);
        WriteBatch batch = s.Engine.CreateBatch();
        s.Documents.Save(batch, "m", Listing.Json("1"), soon);
        await s.Engine.CommitAsync(batch);
        batch = s.Engine.CreateBatch();
        s.Documents.Touch(batch, "m", soon + TimeSpan.FromHours(2));
        await s.Engine.CommitAsync(batch);
        await s.StepAsync();
        Assert.Equal(soon, (await s.Documents.LoadAsync("k"))!.ExpiresAt);
        Assert.True(await s.Documents.TouchAsync("k", soon + TimeSpan.FromHours(1)));
        s.Advance(TimeSpan.FromMinutes(90));
        Assert.Equal(version, (await s.Documents.LoadAsync("k"))!.Version);
        Assert.Null(await s.Documents.LoadAsync("l"));
        Assert.False(await s.Documents.TouchAsync("l", null));
        Assert.Equal(["k", "m"], (await s.Documents.ListAsync().ToListAsync()).Select(k => k.Key));
        s.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["m"], (await s.Documents.ListAsync().ToListAsync()).Select(k => k.Key));
        Assert.True((await s.Documents.TrySaveAsync("k", Listing.Json("2"), 0)).Applied);
    }

    private static async Task ShowsAsync(ConformanceSession s, string[] keys, DocumentRange range)
    {
        int Compare(string? border, string key) => border is null ? 0
            : Encoding.UTF8.GetBytes(key).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(border))
                * (range.Reverse ? -1 : 1);
        IEnumerable<string> expected = (range.Reverse ? keys.Reverse() : keys)
            .Where(key => key.StartsWith(range.Prefix, StringComparison.Ordinal))
            .Where(key => Compare(range.From, key) >= 0)
            .Where(key => range.After is null || Compare(range.After, key) > 0)
            .Take(range.Limit ?? int.MaxValue);
        Assert.Equal(expected, (await s.Documents.ListAsync(range).ToListAsync()).Select(k => k.Key));
        Assert.Equal(
            expected, (await s.Documents.ReadAllTextAsync(range).ToListAsync()).Select(k => k.Key));
    }
}
