using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.OutputCaching;

namespace LogEngine.AspNetCoreTests;

/// <summary>The store of the output cache, on every engine.</summary>
public sealed class OutputCacheTests(Backends backends) : IClassFixture<Backends>
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task A_response_is_there_in_both_forms_whatever_its_key(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IOutputCacheBufferStore store = StoreOf(services);
        string[] keys = ["", "GET\u001EHTTPS", "\uD800", "\uFFFD", new string('x', 50_000)];
        byte[] large = new byte[500_000];
        new Random(2).NextBytes(large);
        foreach (string key in keys)
        {
            Assert.Null(await store.GetAsync(key, default));
            Assert.Null(await ReadAsync(store, key));
            await store.SetAsync(key, [.. large, .. Caches.Bytes(key)], null, _hour, default);
        }

        foreach (string key in keys)
        {
            byte[] expected = [.. large, .. Caches.Bytes(key)];
            Assert.Equal(expected, await store.GetAsync(key, default));
            Assert.Equal(expected, await ReadAsync(store, key));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task A_tag_evicts_all_that_have_it_and_no_other(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IOutputCacheBufferStore store = StoreOf(services);
        await SetAsync(store, "none");
        await SetAsync(store, "a", "A");
        await SetAsync(store, "ab", "A", "B");
        await SetAsync(store, "b", "B", "", new string('t', 10_000));
        await SetAsync(store, "prefix", "AA");

        await store.EvictByTagAsync("A", default);
        Assert.Equal(["none", "b", "prefix"], await ThereAsync(store, "none", "a", "ab", "b", "prefix"));
        await store.EvictByTagAsync("unknown", default);
        await store.EvictByTagAsync(new string('t', 10_000), default);
        Assert.Equal(["none", "prefix"], await ThereAsync(store, "none", "a", "ab", "b", "prefix"));
        await SetAsync(store, "b", "");
        await store.EvictByTagAsync("", default);
        Assert.Equal(["none", "prefix"], await ThereAsync(store, "none", "a", "ab", "b", "prefix"));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task A_tag_of_very_many_responses_evicts_them_all(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IOutputCacheBufferStore store = StoreOf(services);
        string[] keys = [.. Enumerable.Range(0, 1201).Select(i => $"page {i}")];
        await Task.WhenAll(keys.Select(key => SetAsync(store, key, "all")));
        Assert.Equal(keys.Length, (await ThereAsync(store, keys)).Length);
        await store.EvictByTagAsync("all", default);
        Assert.Empty(await ThereAsync(store, keys));
        Assert.Equal(0, await LiveRowsAsync(backend.Engine));
    }

    [Theory]
    [MemberData(nameof(Backends.Clocked), MemberType = typeof(Backends))]
    public async Task A_response_and_its_index_rows_expire_together(string kind)
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(kind, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IOutputCacheBufferStore store = StoreOf(services);
        await SetAsync(store, "a", "A", "B");
        time.AdvanceSilently(_hour - TimeSpan.FromTicks(1));
        Assert.NotNull(await store.GetAsync("a", default));
        Assert.Equal(3, await LiveRowsAsync(backend.Engine));
        time.AdvanceSilently(TimeSpan.FromTicks(1));
        Assert.Null(await store.GetAsync("a", default));
        Assert.Equal(0, await LiveRowsAsync(backend.Engine));
        await store.SetAsync("b", [1], ["A"], TimeSpan.MaxValue, default);
        time.AdvanceSilently(TimeSpan.FromDays(3650));
        Assert.NotNull(await store.GetAsync("b", default));
    }

    // A response that was written anew with a longer life must still be found by its tag then.
    [Fact]
    public async Task A_response_that_was_written_anew_is_evicted_by_its_tag_when_the_first_would_have_expired()
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(Backends.Memory, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IOutputCacheBufferStore store = StoreOf(services);
        await SetAsync(store, "a", "A");
        await store.SetAsync("a", [2], ["A"], 3 * _hour, default);
        time.AdvanceSilently(2 * _hour);
        Assert.NotNull(await store.GetAsync("a", default));
        await store.EvictByTagAsync("A", default);
        Assert.Null(await store.GetAsync("a", default));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task Rows_that_are_none_of_the_cache_are_passed_over_and_told(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        using Told told = new();
        await using ServiceProvider services = Caches.On(backend.Engine, told);
        IOutputCacheBufferStore store = StoreOf(services);
        await SetAsync(store, "a", "A");
        await SetAsync(store, "b", "A");
        Keyspace rows = backend.Engine.GetKeyspace("output-cache");
        List<KeyValueEntry> all = [];
        await using (KeyScan scan = rows.Scan())
        {
            await foreach (KeyValueEntry row in scan)
            {
                all.Add(row);
            }
        }

        byte[] response = all.First(row => row.Key.Span[0] == (byte)'r').Key.ToArray();
        byte[] tag = all.First(row => row.Key.Span[0] == (byte)'t').Key.ToArray();
        await rows.PutAsync(response, Caches.Bytes("foreign"));
        await rows.PutAsync(tag.AsMemory(0, 40), Caches.Bytes("foreign"));
        await rows.PutAsync(Caches.Bytes("x"), Caches.Bytes("foreign"));
        Assert.Single(await ThereAsync(store, "a", "b"));
        Assert.Equal([300], told.Ids);
        await store.EvictByTagAsync("A", default);
        Assert.Empty(await ThereAsync(store, "a", "b"));
        Assert.Equal([300, 300], told.Ids);
        Assert.Equal(2, await LiveRowsAsync(backend.Engine));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.Lasting), MemberType = typeof(Backends))]
    public async Task Responses_and_their_tags_are_there_after_a_restart(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using (ServiceProvider services = Caches.On(backend.Engine))
        {
            await SetAsync(StoreOf(services), "a", "A");
            await SetAsync(StoreOf(services), "b", "B");
        }

        await backend.ReopenAsync();
        await using ServiceProvider again = Caches.On(backend.Engine);
        IOutputCacheBufferStore store = StoreOf(again);
        Assert.Equal(["a", "b"], await ThereAsync(store, "a", "b"));
        await store.EvictByTagAsync("B", default);
        Assert.Equal(["a"], await ThereAsync(store, "a", "b"));
    }

    // An index row that went without its response would leave one that no tag finds any more.
    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task What_is_set_beside_evictions_is_evicted_by_a_later_one(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IOutputCacheBufferStore store = StoreOf(services);
        string[] keys = [.. Enumerable.Range(0, 20).Select(i => $"page {i}")];
        int sets = kind == Backends.PostgreSql ? 150 : 2000;
        Task setting = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            Random random = new(writer);
            for (int i = 0; i < sets; i++)
            {
                await SetAsync(store, keys[random.Next(keys.Length)], "all", "other");
            }
        })));
        int evictions = 0;
        while (!setting.IsCompleted)
        {
            await store.EvictByTagAsync("all", default);
            evictions++;
        }

        await setting;
        Assert.True(evictions > 1);
        await store.EvictByTagAsync("all", default);
        Assert.Empty(await ThereAsync(store, keys));
    }

    [Fact]
    public async Task What_is_too_large_is_refused_and_nothing_of_it_is_written()
    {
        await using Backend backend = await backends.OpenAsync(Backends.Memory);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IOutputCacheBufferStore store = StoreOf(services);
        byte[] large = new byte[StorageEngine.MaxValueBytes - 3];
        await Assert.ThrowsAsync<RecordTooLargeException>(
            async () => await store.SetAsync("a", large, ["A"], _hour, default));
        Assert.Equal(0, await LiveRowsAsync(backend.Engine));
    }

    private static IOutputCacheBufferStore StoreOf(IServiceProvider services) =>
        Assert.IsAssignableFrom<IOutputCacheBufferStore>(services.GetRequiredService<IOutputCacheStore>());

    private static async Task SetAsync(IOutputCacheBufferStore store, string key, params string[] tags) =>
        await store.SetAsync(key, new ReadOnlySequence<byte>(Caches.Bytes(key)), tags, _hour, default);

    private static async Task<string[]> ThereAsync(IOutputCacheBufferStore store, params string[] keys)
    {
        List<string> there = [];
        foreach (string key in keys)
        {
            if (await store.GetAsync(key, default) is not null)
            {
                there.Add(key);
            }
        }

        return [.. there];
    }

    private static async Task<byte[]?> ReadAsync(IOutputCacheBufferStore store, string key)
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        bool found = await store.TryGetAsync(key, pipe.Writer, default);
        await pipe.Writer.CompleteAsync();
        using MemoryStream content = new();
        await pipe.Reader.CopyToAsync(content);
        return found ? content.ToArray() : null;
    }

    private static async Task<int> LiveRowsAsync(StorageEngine engine)
    {
        await using KeyScan scan = engine.GetKeyspace("output-cache").Scan();
        int rows = 0;
        while (await scan.MoveNextAsync())
        {
            rows++;
        }

        return rows;
    }
}
