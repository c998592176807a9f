using System.Text;

namespace LogEngine.OpenTelemetryTests;

/// <summary>What exporters ask of persistent storage: leases, room, ages, and errors that nobody throws.</summary>
public sealed class ProviderTests : IAsyncDisposable
{
    private const int Minute = 60_000;

    private readonly ManualTime _time = new();
    private readonly EmbeddedEngine _engine;

    public ProviderTests() => _engine = StorageEngine.OpenInMemory(new StorageEngineOptions { TimeProvider = _time });

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public void What_is_created_is_found_read_and_deleted()
    {
        LogEngineBlobProvider provider = new(_engine);
        Assert.False(provider.TryGetBlob(out _));
        Assert.Empty(provider.GetBlobs());

        Assert.True(provider.TryCreateBlob(Bytes("one"), out PersistentBlob? created));
        Assert.Equal("one", Read(created));
        Assert.True(provider.TryGetBlob(out PersistentBlob? found));
        Assert.Equal("one", Read(found));
        Assert.True(found.TryDelete());

        Assert.False(created.TryRead(out _));
        Assert.False(created.TryDelete());
        Assert.False(created.TryLease(Minute));
        Assert.False(created.TryWrite(Bytes("again")));
        Assert.False(provider.TryGetBlob(out _));
        Assert.Equal(0, provider.CountBytes());
        Assert.True(provider.TryCreateBlob(Zeros(0), out PersistentBlob? empty));
        Assert.Equal("", Read(empty));
    }

    [Fact]
    public void The_newest_comes_first_of_more_than_one_look_shows()
    {
        LogEngineBlobProvider provider = new(_engine);
        const int Count = 200;
        for (int number = 0; number < Count; number++)
        {
            Assert.True(provider.TryCreateBlob(Bytes($"{number}"), number % 3 == 0 ? Minute : 0, out _));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(
            Enumerable.Range(0, Count).Where(number => number % 3 != 0).Reverse().Select(number => $"{number}"),
            provider.GetBlobs().Select(Read));
        Assert.True(provider.TryGetBlob(out PersistentBlob? newest));
        Assert.Equal($"{Count - 1 - ((Count - 1) % 3 == 0 ? 1 : 0)}", Read(newest));
    }

    [Fact]
    public void A_leased_blob_is_nobody_elses_until_the_lease_ends()
    {
        LogEngineBlobProvider provider = new(_engine);
        Assert.True(provider.TryCreateBlob(Bytes("one"), out PersistentBlob? first));
        Assert.True(provider.TryGetBlob(out PersistentBlob? second));

        Assert.True(first.TryLease(Minute));
        Assert.False(provider.TryGetBlob(out _));
        Assert.Empty(provider.GetBlobs());
        Assert.False(second.TryLease(Minute));
        Assert.False(second.TryRead(out _));
        Assert.False(second.TryWrite(Bytes("two")));
        Assert.False(second.TryDelete());
        Assert.Equal("one", Read(first));

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.True(first.TryLease(Minute));
        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(provider.TryGetBlob(out _));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.True(provider.TryGetBlob(out PersistentBlob? third));
        Assert.Equal("one", Read(first));

        // Whoever leases it then has taken it away from the first one.
        Assert.True(third.TryLease(Minute));
        Assert.False(first.TryRead(out _));
        Assert.False(first.TryLease(Minute));
        Assert.False(first.TryDelete());
        Assert.True(third.TryDelete());
        Assert.False(provider.TryGetBlob(out _));
    }

    [Fact]
    public void A_blob_is_leased_from_its_creation_on()
    {
        LogEngineBlobProvider provider = new(_engine);
        Assert.True(provider.TryCreateBlob(Bytes("one"), Minute, out PersistentBlob? blob));
        Assert.False(provider.TryGetBlob(out _));
        Assert.Equal("one", Read(blob));

        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.True(provider.TryGetBlob(out PersistentBlob? found));
        Assert.True(found.TryDelete());
        Assert.False(blob.TryDelete());
    }

    [Fact]
    public void Of_many_who_lease_at_once_one_has_it()
    {
        LogEngineBlobProvider provider = new(_engine);
        for (int round = 0; round < 50; round++)
        {
            Assert.True(provider.TryCreateBlob(Bytes($"{round}"), out _));
            PersistentBlob[] found = [.. Enumerable.Range(0, 8).Select(_ => Assert.Single(provider.GetBlobs()))];
            int leased = 0;
            Parallel.ForEach(found, blob =>
            {
                if (blob.TryLease(Minute))
                {
                    Interlocked.Increment(ref leased);
                    Assert.True(blob.TryDelete());
                }
            });

            Assert.Equal(1, leased);
        }
    }

    [Fact]
    public void Content_is_replaced_and_its_age_and_room_are_counted_on()
    {
        LogEngineBlobProvider provider = new(_engine, new LogEngineBlobProviderOptions
        {
            MaxSizeBytes = 10,
            RetentionPeriod = TimeSpan.FromMinutes(10),
        });
        Assert.True(provider.TryCreateBlob(Bytes("abc"), out PersistentBlob? blob));
        Assert.True(provider.TryGetBlob(out PersistentBlob? stale));
        _time.Advance(TimeSpan.FromMinutes(6));

        Assert.True(blob.TryWrite(Bytes("12345"), Minute));
        Assert.Equal("12345", Read(blob));
        Assert.Equal(5, provider.CountBytes());
        Assert.False(stale.TryRead(out _));
        Assert.False(blob.TryWrite(Bytes("123456")));
        Assert.True(blob.TryWrite(Bytes("54321")));
        Assert.True(provider.TryGetBlob(out PersistentBlob? found));
        Assert.Equal("54321", Read(found));

        _time.Advance(TimeSpan.FromMinutes(4));
        Assert.False(found.TryRead(out _));
        Assert.False(found.TryLease(Minute));
        Assert.False(provider.TryGetBlob(out _));
        Assert.Equal(0, provider.CountBytes());
    }

    [Fact]
    public void A_full_storage_refuses_what_is_new_until_there_is_room()
    {
        LogEngineBlobProvider provider = new(_engine, new LogEngineBlobProviderOptions
        {
            MaxSizeBytes = 100,
            RetentionPeriod = TimeSpan.FromMinutes(10),
        });
        Assert.False(provider.TryCreateBlob(Zeros(101), out _));
        Assert.True(provider.TryCreateBlob(Zeros(60), out PersistentBlob? first));
        Assert.False(provider.TryCreateBlob(Zeros(41), out _));
        Assert.True(provider.TryCreateBlob(Zeros(40), out _));
        Assert.False(provider.TryCreateBlob(Zeros(1), out _));
        Assert.Equal(100, provider.CountBytes());

        // What another provider of the same store removes is room, too.
        LogEngineBlobProvider other = new(_engine);
        Assert.True(first.TryDelete());
        Assert.True(provider.TryCreateBlob(Zeros(60), out _));
        foreach (PersistentBlob blob in other.GetBlobs())
        {
            Assert.True(blob.TryDelete());
        }

        Assert.True(provider.TryCreateBlob(Zeros(100), out _));

        // And what has become too old.
        Assert.False(provider.TryCreateBlob(Zeros(1), out _));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.True(provider.TryCreateBlob(Zeros(100), out _));
        Assert.Single(provider.GetBlobs());
    }

    [Fact]
    public async Task Many_who_create_at_once_never_store_more_than_there_is_room_for()
    {
        LogEngineBlobProvider provider = new(_engine, new LogEngineBlobProviderOptions { MaxSizeBytes = 1000 });
        int created = 0;
        await Parallel.ForAsync(0, 300, (number, _) =>
        {
            if (provider.TryCreateBlob(Zeros(10), out PersistentBlob? blob))
            {
                Interlocked.Increment(ref created);
            }

            return ValueTask.CompletedTask;
        });

        Assert.Equal(100, created);
        Assert.Equal(1000, provider.CountBytes());
    }

    [Fact]
    public async Task Stores_of_one_engine_have_nothing_in_common()
    {
        LogEngineBlobProvider traces = new(_engine, new LogEngineBlobProviderOptions { Store = "traces" });
        LogEngineBlobProvider logs = new(_engine, new LogEngineBlobProviderOptions { Store = "logs" });
        Assert.True(traces.TryCreateBlob(Bytes("span"), out _));

        Assert.False(logs.TryGetBlob(out _));
        Assert.Equal(["logengine/opentelemetry/traces"], await _engine.ListKeyspacesAsync());
    }

    [Fact]
    public async Task On_a_closed_engine_nothing_throws_and_nothing_is_said_to_be_stored()
    {
        LogEngineBlobProvider provider = new(_engine);
        Assert.True(provider.TryCreateBlob(Bytes("one"), out PersistentBlob? blob));
        await _engine.DisposeAsync();

        Assert.False(provider.TryCreateBlob(Bytes("two"), out _));
        Assert.False(provider.TryGetBlob(out _));
        Assert.Empty(provider.GetBlobs());
        Assert.False(blob.TryRead(out _));
        Assert.False(blob.TryLease(Minute));
        Assert.False(blob.TryWrite(Bytes("three")));
        Assert.False(blob.TryDelete());
    }

    [Fact]
    public void A_blob_that_is_too_large_for_the_engine_is_refused_and_takes_no_room()
    {
        LogEngineBlobProvider provider = new(_engine, new LogEngineBlobProviderOptions { MaxSizeBytes = 1L << 40 });

        Assert.False(provider.TryCreateBlob(Zeros(StorageEngine.MaxValueBytes + 1), out _));
        Assert.Equal(0, provider.CountBytes());
        byte[] large = new byte[5 << 20];
        new Random(1).NextBytes(large);
        Assert.True(provider.TryCreateBlob(large.AsSpan(), out PersistentBlob? blob));
        Assert.True(blob.TryRead(out byte[]? read));
        Assert.Equal(large, read);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused()
    {
        foreach (LogEngineBlobProviderOptions wrong in new LogEngineBlobProviderOptions[]
        {
            new() { MaxSizeBytes = 0 },
            new() { RetentionPeriod = TimeSpan.Zero },
            new() { RetentionPeriod = LogEngineBlobProviderOptions.MaxRetentionPeriod + TimeSpan.FromTicks(1) },
            new() { Store = "" },
            new() { Engine = "" },
            new() { Durability = (Durability)77 },
        })
        {
            Assert.Throws<ArgumentException>(() => new LogEngineBlobProvider(_engine, wrong));
        }

        Assert.Throws<UnsupportedDurabilityException>(() => new LogEngineBlobProvider(
            _engine, new LogEngineBlobProviderOptions { Durability = Durability.MachineLoss }));
    }

    private static ReadOnlySpan<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static ReadOnlySpan<byte> Zeros(int length) => new byte[length];

    private static string Read(PersistentBlob blob)
    {
        Assert.True(blob.TryRead(out byte[]? content));
        return Encoding.UTF8.GetString(content);
    }
}
