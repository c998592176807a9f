using System.Text;
using System.Text.Json;

namespace LogEngine.Conformance.Cases;

internal static class DocumentCases
{
    private const string Store = "DocumentStore";

    [Case(Store, "save")]
    internal static async Task Save_stores_any_typed_value_under_a_key_overwriting(ConformanceSession s)
    {
        Order first = new("ann", 1, 1.50m, long.MaxValue);
        await s.Documents.SaveAsync("o", first, TestJson.Default.Order);
        await s.StepAsync();
        Assert.Equal(first, (await s.Documents.LoadAsync("o", TestJson.Default.Order))!.Value);
        await s.Documents.SaveAsync("o", first with { Items = 2 }, TestJson.Default.Order);
        await s.StepAsync();
        Assert.Equal(2, (await s.Documents.LoadAsync("o", TestJson.Default.Order))!.Value.Items);
        Shape shape = new Circle("red", 3);
        await s.Documents.SaveAsync("s", shape, TestJson.Default.Shape);
        await s.StepAsync();
        Assert.Equal(shape, (await s.Documents.LoadAsync("s", TestJson.Default.Shape))!.Value);
    }

    [Case(Store, "save")]
    internal static async Task Save_stores_raw_json(ConformanceSession s)
    {
        await s.Documents.SaveAsync("k", Listing.Json("""{"a":[1,2,{"b":null}],"c":"\u00fc"}"""));
        await s.Documents.SaveAsync("null", Listing.Json("null"));
        await s.StepAsync();
        JsonElement found = (await s.Documents.LoadAsync("k"))!.Value;
        Assert.Equal("ü", found.GetProperty("c").GetString());
        Assert.Equal(3, found.GetProperty("a").GetArrayLength());
        Assert.Equal(
            JsonValueKind.Null, (await s.Documents.LoadAsync("null"))!.Value.ValueKind);
    }

    [Case(Store, "save")]
    internal static async Task Save_with_an_expected_version_is_compare_and_set(ConformanceSession s)
    {
        Order order = new("ann", 1, 1);
        ConditionalResult made = await s.Documents.TrySaveAsync(
            "o", order, TestJson.Default.Order, expectedVersion: 0);
        Assert.True(made.Applied);
        await s.StepAsync();
        ConditionalResult again = await s.Documents.TrySaveAsync(
            "o", order with { Items = 7 }, TestJson.Default.Order, expectedVersion: 0);
        Assert.Equal(new ConditionalResult(false, made.Version), again);
        await s.StepAsync();
        Assert.True((await s.Documents.TrySaveAsync(
            "o", order with { Items = 8 }, TestJson.Default.Order, made.Version)).Applied);
        await s.StepAsync();
        Assert.Equal(8, (await s.Documents.LoadAsync("o", TestJson.Default.Order))!.Value.Items);
    }

    [Case(Store, "load")]
    internal static async Task Load_gives_the_value_with_its_version_or_nothing(ConformanceSession s)
    {
        Assert.Null(await s.Documents.LoadAsync("k"));
        long version = await s.Documents.SaveAsync("k", Listing.Json("1"));
        await s.StepAsync();
        Document<JsonElement>? found = await s.Documents.LoadAsync("k");
        Assert.Equal(("k", version), (found!.Key, found.Version));
        Assert.Null(await s.Documents.LoadAsync("K"));
        await Assert.ThrowsAsync<UndecodableValueException>(
            async () => await s.Documents.LoadAsync("k", TestJson.Default.Order));
    }

    [Case(Store, "delete")]
    internal static async Task Delete_removes_and_says_whether_it_was_there(ConformanceSession s)
    {
        Assert.False(await s.Documents.DeleteAsync("k"));
        await s.Documents.SaveAsync("k", Listing.Json("1"));
        await s.StepAsync();
        Assert.True(await s.Documents.DeleteAsync("k"));
        await s.StepAsync();
        Assert.Null(await s.Documents.LoadAsync("k"));
        Assert.False(await s.Documents.DeleteAsync("k"));
        await s.Documents.SaveAsync("k", Listing.Json("2"));
        int removed = 0;
        DocumentStore store = s.Documents;
        await s.AtOnceAsync(8, async _ =>
        {
            if (await store.DeleteAsync("k"))
            {
                Interlocked.Increment(ref removed);
            }
        });
        Assert.Equal(1, removed);
    }

    [Case(Store, "list")]
    internal static async Task List_is_ordered_by_prefix_streamed_and_of_one_moment(ConformanceSession s)
    {
        string[] keys = ["b/2", "a", "b/10", "b", "c", "b/\0", "é"];
        foreach (string key in keys)
        {
            await s.Documents.SaveAsync(key, Listing.Json("1"), Durability.ProcessCrash);
        }

        await s.Engine.FlushAsync();
        await s.StepAsync();
        Assert.Equal(
            ["a", "b", "b/\0", "b/10", "b/2", "c", "é"],
            (await s.Documents.ListAsync().ToListAsync()).Select(k => k.Key));
        Assert.Equal(
            ["b/\0", "b/10", "b/2"],
            (await s.Documents.ListAsync(new DocumentRange { Prefix = "b/" }).ToListAsync()).Select(k => k.Key));
        Assert.Equal(keys.Length, s.Documents.Count);

        List<string> seen = [];
        await foreach (DocumentKey key in s.Documents.ListAsync(new DocumentRange { Prefix = "b" }))
        {
            await s.Documents.DeleteAsync("c");
            await s.Documents.SaveAsync("b/3", Listing.Json("1"));
            seen.Add(key.Key);
        }

        Assert.Equal(["b", "b/\0", "b/10", "b/2"], seen);
        await s.StepAsync();
        Assert.Equal(5, (await s.Documents.ListAsync(new DocumentRange { Prefix = "b" }).ToListAsync()).Count);
    }

    [Case(Store, "key rule")]
    internal static async Task Keys_are_any_text_and_nothing_else_in_every_store(ConformanceSession s)
    {
        string longest = new string('x', 1022) + "ü";
        string[] keys = ["../..", "/etc/passwd", "\0", "a\0b", "😀", " ", ".", longest, "\uFFFF"];
        foreach (string key in keys)
        {
            await s.Documents.SaveAsync(key, Listing.Json($"\"{key.Length}\""));
            await s.Runs.AppendAsync(key, new RunRow(1, key, key));
            Assert.Equal(1, await s.Checkpoints.SaveAsync(key, new byte[] { 1 }));
        }

        await s.StepAsync();
        BlobStore blobs = await s.BlobsAsync();
        foreach (string key in keys)
        {
            Assert.NotNull(await s.Documents.LoadAsync(key));
            Assert.Equal(key, (await s.Runs.LoadLastAsync(key))!.State);
            Assert.NotNull((await s.Checkpoints.LoadLatestAsync(key)).Latest);
            await blobs.PutAsync(
                new byte[] { 7 }, new BlobDescription("a/b", Label: key), owner: key);
        }

        Assert.Equal(keys.Length, (await s.Runs.ListRunsAsync().ToListAsync()).Count);
        Assert.Equal(keys.Length, (await s.Checkpoints.ListNamesAsync().ToListAsync()).Count);
        foreach (string bad in (string[])["", longest + "x", "\uD83D", "a\uDE00b"])
        {
            await Assert.ThrowsAsync<StoreNameException>(
                async () => await s.Documents.SaveAsync(bad, Listing.Json("1")));
            await Assert.ThrowsAsync<StoreNameException>(
                async () => await s.Runs.AppendAsync(bad, new RunRow(2, "", "")));
            await Assert.ThrowsAsync<StoreNameException>(
                async () => await s.Checkpoints.SaveAsync(bad, new byte[] { 1 }));
            await Assert.ThrowsAsync<StoreNameException>(
                async () => await blobs.PutAsync(
                    new byte[] { 7 }, new BlobDescription("a/b", Label: bad)));
            await Assert.ThrowsAsync<StoreNameException>(
                async () => await s.Engine.OpenDocumentsAsync(bad));
        }

        Assert.Equal(keys.Length, s.Documents.Count);
    }

    [Case(Store, "checksum")]
    internal static async Task Equal_values_are_equal_bytes(ConformanceSession s)
    {
        await s.Documents.SaveAsync(
            "a", Listing.Json("""{ "b" : 1.0, "a" : ["\u0041\/", "é\n\u001f"], "ä":{} }"""));
        await s.Documents.SaveAsync("b", Listing.Json("{\"a\":[\"A/\",\"\\u00e9\\n\\u001F\"],"
            + "\"\\u00e4\":{}, \"b\":1.0}"));
        await s.StepAsync();
        string stored = await RawAsync(s, "a");
        Assert.Equal("""{"a":["A/","é\n\u001f"],"b":1.0,"ä":{}}""", stored);
        Assert.Equal(stored, await RawAsync(s, "b"));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await s.Documents.SaveAsync("c", Listing.Json("""{"x":1,"x":2}""")));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await s.Documents.SaveAsync("c", Listing.Json("\"\\ud800\"")));
        Assert.Null(await s.Documents.LoadAsync("c"));
    }

    [Case(Store, "durability modes")]
    internal static async Task Each_write_survives_what_its_durability_says(ConformanceSession s)
    {
        foreach (Durability durability in (Durability[])[Durability.None, Durability.ProcessCrash, Durability.PowerLoss])
        {
            string key = durability.ToString();
            await s.Documents.SaveAsync(key, Listing.Json("\"old\""));
            await s.Documents.SaveAsync(key, Listing.Json("\"new\""), durability);
            Assert.Equal("new", (await s.Documents.LoadAsync(key))!.Value.GetString());
            await s.StepAsync();
            string found = (await s.Documents.LoadAsync(key))!.Value.GetString()!;
            bool mayBeLost = s.LosesUnsynced && durability != Durability.PowerLoss;
            Assert.Contains(found, mayBeLost ? (string[])["old", "new"] : ["new"]);
        }
    }

    [Case(Store, "backends")]
    internal static async Task One_suite_runs_on_every_backend_with_reopening(ConformanceSession s)
    {
        StorageEngine first = s.Engine;
        await s.Documents.SaveAsync("k", Listing.Json("1"));
        await s.StepAsync();
        Assert.NotSame(first, s.Engine);
        Assert.Equal(1, (await s.Documents.LoadAsync("k"))!.Value.GetInt32());
    }

    [Case(Store, "concurrency")]
    internal static async Task Sixty_four_tasks_share_a_store(ConformanceSession s)
    {
        DocumentStore store = s.Documents;
        await s.AtOnceAsync(64, async task =>
        {
            for (int i = 0; i < 4; i++)
            {
                await store.SaveAsync($"{task}", Listing.Json($"{i}"), (Durability)(i % 3));
                Assert.Equal(i, (await store.LoadAsync($"{task}"))!.Value.GetInt32());
            }

            await store.SaveAsync($"{task}", Listing.Json("99"));
            Document<JsonElement>? counter;
            do
            {
                counter = await store.LoadAsync("counter");
            }
            while (!(await store.TrySaveAsync(
                "counter",
                Listing.Json($"{(counter?.Value.GetInt32() ?? 0) + 1}"),
                counter?.Version ?? 0)).Applied);
        });
        await s.StepAsync();
        Assert.Equal(64, (await s.Documents.LoadAsync("counter"))!.Value.GetInt32());
        Assert.Equal(65, s.Documents.Count);
        Assert.Equal(99, (await s.Documents.LoadAsync("63"))!.Value.GetInt32());
    }

    [Case(Store, "concurrency")]
    internal static async Task A_view_shows_documents_of_one_moment(ConformanceSession s)
    {
        await s.Documents.SaveAsync("a", Listing.Json("1"));
        await s.Documents.SaveAsync("b", Listing.Json("1"));
        using ReadView view = await s.Engine.OpenReadViewAsync();
        await s.Documents.SaveAsync("a", Listing.Json("2"));
        await s.Documents.DeleteAsync("b");
        Assert.Equal(1, (await s.Documents.LoadAsync("a", view))!.Value.GetInt32());
        Assert.Equal(2, (await s.Documents.ListAsync(view: view).ToListAsync()).Count);
        Assert.Equal(2, (await s.Documents.LoadAsync("a"))!.Value.GetInt32());
        Assert.Single(await s.Documents.ListAsync().ToListAsync());
    }

    private static async Task<string> RawAsync(ConformanceSession s, string key)
    {
        using StoredValue? value = await s.Engine.GetStoreKeyspace("documents/docs")
            .GetAsync(Encoding.UTF8.GetBytes(key));
        return Encoding.UTF8.GetString(value!.Memory.Span);
    }
}
