using System.Buffers;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;

namespace LogEngine.AspNetCoreTests;

/// <summary>The distributed cache, on every engine.</summary>
public sealed class DistributedCacheTests(Backends backends) : IClassFixture<Backends>
{
    private static DistributedCacheEntryOptions Forever => new();

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task What_was_set_is_there_in_every_form_until_it_is_removed(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        Assert.Null(cache.Get("a"));
        Assert.Null(await cache.GetAsync("a"));

        cache.Set("a", Caches.Bytes("one"), Forever);
        Assert.Equal("one", Caches.Text(await cache.GetAsync("a")));
        await cache.SetAsync("a", Caches.Bytes("two"), Forever);
        Assert.Equal("two", Caches.Text(cache.Get("a")));
        cache.Set("a", InPieces("three"), Forever);
        Assert.Equal("three", Read(cache, "a"));
        await cache.SetAsync("a", InPieces("four"), Forever);
        Assert.Equal("four", await ReadAsync(cache, "a"));

        cache.Remove("a");
        Assert.Null(Read(cache, "a"));
        await cache.SetAsync("a", [], Forever);
        Assert.Equal("", await ReadAsync(cache, "a"));
        await cache.RemoveAsync("a");
        Assert.Null(await ReadAsync(cache, "a"));

        // What is not there is no error.
        await cache.RemoveAsync("a");
        cache.Remove("a");
        cache.Refresh("a");
        await cache.RefreshAsync("a");
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task Any_string_is_a_key_of_its_own(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        string most = new('x', StorageEngine.MaxKeyBytes);
        string[] keys =
        [
            "", "a", "A", "\0", "\uD800", "\uDC00", "\uFFFD", "Ü", new string('ü', 1025), most, most + "x",
            most + "y", new string('x', 100_000),
        ];
        foreach (string key in keys)
        {
            await cache.SetAsync(key, Caches.Bytes($"of {keys.IndexOf(key)}"), Forever);
        }

        foreach (string key in keys)
        {
            Assert.Equal($"of {keys.IndexOf(key)}", Caches.Text(await cache.GetAsync(key)));
        }

        // A key that the engine can have is itself, for whoever looks from outside.
        Assert.True(await backend.Engine.GetKeyspace("cache").ContainsAsync(Caches.Bytes(most)));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task A_large_value_comes_back_whole_and_one_that_is_too_large_is_refused(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        byte[] large = new byte[3 << 20];
        new Random(1).NextBytes(large);
        await cache.SetAsync("large", large, Forever);
        Assert.Equal(large, cache.Get("large"));

        byte[] most = new byte[StorageEngine.MaxValueBytes - 19];
        await Assert.ThrowsAsync<RecordTooLargeException>(() => cache.SetAsync("large", most, Forever));
        Assert.Throws<RecordTooLargeException>(() => cache.Set("large", most, Forever));
        Assert.Equal(large, await cache.GetAsync("large"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_entry_is_absent_from_its_absolute_expiry_on_however_it_is_said(bool relative)
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(Backends.Memory, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        cache.Set("a", Caches.Bytes("one"), relative
            ? new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) }
            : new() { AbsoluteExpiration = time.GetUtcNow().AddMinutes(1).ToOffset(TimeSpan.FromHours(5)) });

        time.AdvanceSilently(TimeSpan.FromSeconds(59));
        Assert.NotNull(cache.Get("a"));
        time.AdvanceSilently(TimeSpan.FromSeconds(1));
        Assert.Null(cache.Get("a"));
    }

    [Theory]
    [MemberData(nameof(Backends.Clocked), MemberType = typeof(Backends))]
    public async Task Reads_and_refreshes_keep_a_sliding_entry_and_its_deadline_ends_it(string kind)
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(kind, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        cache.Set("a", Caches.Bytes("one"), new()
        {
            SlidingExpiration = TimeSpan.FromMinutes(10),
            AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(45),
        });
        Func<Task>[] reads =
        [
            () => Task.FromResult(cache.Get("a")),
            () => cache.GetAsync("a"),
            () => Task.FromResult(Read(cache, "a")),
            () => ReadAsync(cache, "a"),
            () =>
            {
                cache.Refresh("a");
                return Task.CompletedTask;
            },
            () => cache.RefreshAsync("a"),
        ];

        // At minute 7, 14, ... 42: each of them is needed for the next.
        foreach (Func<Task> read in reads)
        {
            time.AdvanceSilently(TimeSpan.FromMinutes(7));
            await read();
        }

        time.AdvanceSilently(TimeSpan.FromMinutes(3) - TimeSpan.FromTicks(1));
        Assert.NotNull(cache.Get("a"));
        time.AdvanceSilently(TimeSpan.FromTicks(1));
        Assert.Null(cache.Get("a"));
    }

    [Theory]
    [MemberData(nameof(Backends.Clocked), MemberType = typeof(Backends))]
    public async Task A_sliding_entry_that_nobody_reads_is_gone_after_its_window(string kind)
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(kind, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        await cache.SetAsync("a", Caches.Bytes("one"), Sliding(TimeSpan.FromMinutes(10)));
        time.AdvanceSilently(TimeSpan.FromMinutes(10));
        Assert.Null(await cache.GetAsync("a"));
        await cache.RefreshAsync("a");
        Assert.Null(await cache.GetAsync("a"));
    }

    [Fact]
    public async Task A_read_writes_only_once_a_tenth_of_the_window_has_passed()
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(Backends.Memory, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        EmbeddedEngine engine = (EmbeddedEngine)backend.Engine;
        cache.Set("slides", Caches.Bytes("one"), Sliding(TimeSpan.FromMinutes(10)));
        cache.Set("stays", Caches.Bytes("one"), Forever);
        long before = engine.VisibleSequence;

        time.AdvanceSilently(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        Assert.NotNull(cache.Get("slides"));
        Assert.NotNull(cache.Get("stays"));
        Assert.Equal(before, engine.VisibleSequence);

        time.AdvanceSilently(TimeSpan.FromTicks(1));
        Assert.NotNull(cache.Get("slides"));
        Assert.NotNull(cache.Get("stays"));
        Assert.Equal(before + 1, engine.VisibleSequence);
        Assert.NotNull(cache.Get("slides"));
        Assert.Equal(before + 1, engine.VisibleSequence);
    }

    // The expiry is as late as it can be before the deadline: reading on must not write each time.
    [Fact]
    public async Task Reads_right_before_the_deadline_move_the_expiry_there_and_then_write_no_more()
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(Backends.Memory, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        cache.Set("a", Caches.Bytes("one"), new()
        {
            SlidingExpiration = TimeSpan.FromMinutes(10),
            AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(10.5),
        });
        time.AdvanceSilently(TimeSpan.FromMinutes(9));
        Assert.NotNull(cache.Get("a"));
        Assert.Equal(
            ManualTime.Epoch.AddMinutes(10.5),
            (await backend.Engine.GetKeyspace("cache").GetInfoAsync(Caches.Bytes("a")))!.Value.ExpiresAt);
        long before = ((EmbeddedEngine)backend.Engine).VisibleSequence;
        time.AdvanceSilently(TimeSpan.FromMinutes(1.4));
        Assert.NotNull(cache.Get("a"));
        Assert.Equal(before, ((EmbeddedEngine)backend.Engine).VisibleSequence);
    }

    // Between the read of the old value and its renewal another one is written: the renewal is not for that.
    [Fact]
    public async Task A_renewal_never_moves_the_expiry_of_a_value_that_was_written_meanwhile()
    {
        InterruptedTime time = new();
        await using Backend backend = await backends.OpenAsync(Backends.Memory, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        cache.Set("a", Caches.Bytes("old"), Sliding(TimeSpan.FromHours(1)));
        time.AdvanceBy(TimeSpan.FromMinutes(30));
        DateTimeOffset end = time.GetUtcNow().AddSeconds(10);
        time.Interrupt(() => cache.Set("a", Caches.Bytes("new"), new() { AbsoluteExpiration = end }));
        Assert.Equal("old", Caches.Text(cache.Get("a")));
        Assert.Equal("new", Caches.Text(cache.Get("a")));
        Assert.Equal(
            end, (await backend.Engine.GetKeyspace("cache").GetInfoAsync(Caches.Bytes("a")))!.Value.ExpiresAt);
    }

    [SkippableFact]
    public async Task On_a_server_expiry_goes_by_its_clock()
    {
        await using Backend backend = await backends.OpenAsync(Backends.PostgreSql);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        cache.Set("read", Caches.Bytes("one"), Sliding(TimeSpan.FromSeconds(3)));
        cache.Set("left", Caches.Bytes("one"), Sliding(TimeSpan.FromSeconds(3)));
        cache.Set("short", Caches.Bytes("one"), new()
        {
            AbsoluteExpirationRelativeToNow = TimeSpan.FromSeconds(1),
        });
        for (int i = 0; i < 5; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1));
            Assert.NotNull(await cache.GetAsync("read"));
        }

        Assert.Null(await cache.GetAsync("left"));
        Assert.Null(await cache.GetAsync("short"));
    }

    [Fact]
    public async Task Spans_that_reach_beyond_all_time_are_for_ever()
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(Backends.Memory, time);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        cache.Set("slides", Caches.Bytes("one"), Sliding(TimeSpan.MaxValue));
        cache.Set("stays", Caches.Bytes("one"), new() { AbsoluteExpirationRelativeToNow = TimeSpan.MaxValue });
        cache.Set("both", Caches.Bytes("one"), new()
        {
            SlidingExpiration = TimeSpan.MaxValue,
            AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1),
        });
        time.AdvanceSilently(TimeSpan.FromHours(12));
        Assert.NotNull(cache.Get("both"));
        time.AdvanceSilently(TimeSpan.FromDays(3650));
        Assert.NotNull(cache.Get("slides"));
        Assert.NotNull(cache.Get("stays"));
        Assert.Null(cache.Get("both"));
    }

    [Fact]
    public async Task Bad_input_is_refused_and_changes_nothing()
    {
        await using Backend backend = await backends.OpenAsync(Backends.Memory);
        await using ServiceProvider services = Caches.On(backend.Engine);
        IBufferDistributedCache cache = CacheOf(services);
        cache.Set("a", Caches.Bytes("one"), Forever);
        DistributedCacheEntryOptions past = new() { AbsoluteExpiration = DateTimeOffset.UtcNow.AddSeconds(-1) };
        Assert.Throws<ArgumentOutOfRangeException>(() => cache.Set("a", [], past));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => cache.SetAsync("a", [], past));
        Assert.Throws<ArgumentNullException>(() => cache.Get(null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => cache.GetAsync(null!));
        Assert.Throws<ArgumentNullException>(() => cache.Set("a", (byte[])null!, Forever));
        Assert.Throws<ArgumentNullException>(() => cache.Set("a", [], null!));
        Assert.Throws<ArgumentNullException>(() => cache.TryGet("a", null!));
        Assert.Equal("one", Caches.Text(cache.Get("a")));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.Lasting), MemberType = typeof(Backends))]
    public async Task Entries_and_their_windows_are_there_after_a_restart(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        await using (ServiceProvider services = Caches.On(backend.Engine))
        {
            CacheOf(services).Set("a", Caches.Bytes("one"), Sliding(TimeSpan.FromHours(1)));
            CacheOf(services).Set("b", Caches.Bytes("two"), Forever);
        }

        await backend.ReopenAsync();
        await using ServiceProvider again = Caches.On(backend.Engine);
        Assert.Equal("one", Caches.Text(CacheOf(again).Get("a")));
        Assert.Equal("two", Caches.Text(CacheOf(again).Get("b")));
        DateTimeOffset? end = (await backend.Engine.GetKeyspace("cache")
            .GetInfoAsync(Caches.Bytes("a")))!.Value.ExpiresAt;
        Assert.InRange(end!.Value, DateTimeOffset.UtcNow.AddMinutes(50), DateTimeOffset.UtcNow.AddMinutes(61));
    }

    [SkippableTheory]
    [MemberData(nameof(Backends.All), MemberType = typeof(Backends))]
    public async Task A_row_that_is_none_of_the_cache_is_a_miss_and_told(string kind)
    {
        await using Backend backend = await backends.OpenAsync(kind);
        using Told told = new();
        await using ServiceProvider services = Caches.On(backend.Engine, told);
        IBufferDistributedCache cache = CacheOf(services);
        byte[] ours = [.. "LEC\u0001"u8, .. new byte[16], .. "value"u8];
        byte[][] rows =
        [
            [], [.. "foreign"u8], [.. "something else that is long enough"u8], ours[..19],
            [.. "LEC\u0002"u8, .. ours[4..]],
            [.. ours[..11], 0x80, .. ours[12..]],
            [.. ours[..19], 0x80, .. ours[20..]],
            [.. ours[..19], 0x7F, .. ours[20..]],
        ];
        Keyspace keyspace = backend.Engine.GetKeyspace("cache");
        await keyspace.PutAsync(Caches.Bytes("ours"), ours);
        Assert.Equal("value", Caches.Text(cache.Get("ours")));
        foreach (byte[] row in rows)
        {
            await keyspace.PutAsync(Caches.Bytes("a"), row);
            int before = told.Ids.Length;
            Assert.Null(cache.Get("a"));
            Assert.Null(await cache.GetAsync("a"));
            Assert.Null(Read(cache, "a"));
            Assert.Null(await ReadAsync(cache, "a"));
            cache.Refresh("a");
            await cache.RefreshAsync("a");
            Assert.Equal(Enumerable.Repeat(300, 6), told.Ids[before..]);
            cache.Set("a", Caches.Bytes("anew"), Forever);
            Assert.Equal("anew", Caches.Text(cache.Get("a")));
        }
    }

    [Fact]
    public async Task A_damaged_row_is_a_miss_and_told()
    {
        await using Backend backend = await backends.OpenAsync(Backends.Directory);
        byte[] content = new byte[200_000];
        Array.Fill(content, (byte)'#');
        await using (ServiceProvider services = Caches.On(backend.Engine))
        {
            CacheOf(services).Set("a", content, Sliding(TimeSpan.FromDays(1)));
            CacheOf(services).Set("b", Caches.Bytes("whole"), Forever);
        }

        // With a snapshot an opening does not read the values, and the damage is met by the read.
        await ((EmbeddedEngine)backend.Engine).SnapshotAsync();
        await backend.Engine.CloseAsync();
        Damage(backend.Directory, content.AsSpan(0, 1000));
        await backend.ReopenAsync();
        using Told told = new();
        await using ServiceProvider again = Caches.On(backend.Engine, told);
        IBufferDistributedCache cache = CacheOf(again);
        Assert.Null(cache.Get("a"));
        Assert.Null(await cache.GetAsync("a"));
        cache.Refresh("a");
        await cache.RefreshAsync("a");
        Assert.Equal(Enumerable.Repeat(301, 4), told.Ids);
        Assert.Equal("whole", Caches.Text(cache.Get("b")));
        cache.Set("a", Caches.Bytes("anew"), Forever);
        Assert.Equal("anew", Caches.Text(cache.Get("a")));
    }

    [Fact]
    public async Task What_was_read_is_given_where_its_expiry_cannot_be_renewed_and_that_is_told()
    {
        ManualTime time = new();
        await using Backend backend = await backends.OpenAsync(Backends.Directory, time);
        await using (ServiceProvider services = Caches.On(backend.Engine))
        {
            CacheOf(services).Set("a", Caches.Bytes("one"), Sliding(TimeSpan.FromHours(1)));
        }

        await backend.Engine.CloseAsync();
        time.AdvanceSilently(TimeSpan.FromMinutes(30));
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            backend.Directory, new StorageEngineOptions { ReadOnly = true, TimeProvider = time });
        using Told told = new();
        await using ServiceProvider again = Caches.On(engine, told);
        IBufferDistributedCache cache = CacheOf(again);
        Assert.Equal("one", Caches.Text(cache.Get("a")));
        Assert.Equal("one", Caches.Text(await cache.GetAsync("a")));
        Assert.Equal([302, 302], told.Ids);
        Assert.Throws<StorageReadOnlyException>(() => cache.Refresh("a"));
    }

    private static IBufferDistributedCache CacheOf(IServiceProvider services) =>
        Assert.IsAssignableFrom<IBufferDistributedCache>(services.GetRequiredService<IDistributedCache>());

    private static DistributedCacheEntryOptions Sliding(TimeSpan window) => new() { SlidingExpiration = window };

    private static string? Read(IBufferDistributedCache cache, string key)
    {
        ArrayBufferWriter<byte> found = new();
        return cache.TryGet(key, found) ? Caches.Text(found.WrittenSpan.ToArray()) : null;
    }

    private static async Task<string?> ReadAsync(IBufferDistributedCache cache, string key)
    {
        ArrayBufferWriter<byte> found = new();
        return await cache.TryGetAsync(key, found) ? Caches.Text(found.WrittenSpan.ToArray()) : null;
    }

    /// <summary>Changes one byte where something stands in the directory's segments.</summary>
    private static void Damage(string directory, ReadOnlySpan<byte> where)
    {
        foreach (string path in System.IO.Directory.GetFiles(directory, "*.seg"))
        {
            byte[] file = File.ReadAllBytes(path);
            int at = file.AsSpan().IndexOf(where);
            if (at >= 0)
            {
                file[at + 500] ^= 1;
                File.WriteAllBytes(path, file);
                return;
            }
        }

        Assert.Fail("it stands in no segment");
    }

    private static ReadOnlySequence<byte> InPieces(string text)
    {
        byte[] bytes = Caches.Bytes(text);
        Piece last = new(bytes.AsMemory(2), null, 2);
        return new ReadOnlySequence<byte>(new Piece(bytes.AsMemory(0, 2), last, 0), 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> memory, Piece? next, long begins)
        {
            Memory = memory;
            Next = next;
            RunningIndex = begins;
        }
    }

    /// <summary>A clock that does something when the cache asks for the time: not when its engine does.</summary>
    private sealed class InterruptedTime : TimeProvider
    {
        private DateTimeOffset _now = ManualTime.Epoch;
        private Action? _then;

        internal void AdvanceBy(TimeSpan by) => _now += by;

        internal void Interrupt(Action then) => _then = then;

        public override DateTimeOffset GetUtcNow()
        {
            // Once only: what is done asks for the time itself.
            if (_then is not null
                && new StackFrame(1).GetMethod()?.DeclaringType?.Assembly == typeof(CacheOptions).Assembly)
            {
                Interlocked.Exchange(ref _then, null)?.Invoke();
            }

            return _now;
        }
    }
}
