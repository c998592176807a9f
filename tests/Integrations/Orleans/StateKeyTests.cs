using System.Text;
using LogEngine.Stores;
using Microsoft.Extensions.Options;
using Orleans.Serialization;

namespace LogEngine.OrleansTests;

/// <summary>
/// Where states are: names and ids of any bytes and length, stores, services, serializers, rows of others.
/// </summary>
[Collection(BackendTests.Name)]
public sealed class StateKeyTests(Backends backends)
{
    public static TheoryData<string> Engines => ["memory", "postgresql"];

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task Names_and_ids_of_any_bytes_and_length_are_different_states(string engine)
    {
        await using Providers of = await Providers.OpenAsync(backends.Of(engine));
        string[] texts =
        [
            "a", "a/b", "..", "a\0", " ", "😀", "ａ", "\u0001a",
            new string('x', 2000), new string('x', 2100), new string('x', 2099) + "y", new string('é', 5000),
        ];
        List<(string State, GrainId Grain)> places = [];
        foreach (string one in texts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(one);
            places.Add((one, GrainId.Create("type", "key")));
            places.Add(("state", GrainId.Create(new GrainType(bytes), IdSpan.Create("key"))));
            places.Add(("state", GrainId.Create(GrainType.Create("type"), new IdSpan(bytes))));
            places.Add((one, GrainId.Create(new GrainType(bytes), new IdSpan(bytes))));
        }

        // What a separator between the names would confuse, and what is no text.
        places.Add(("a", GrainId.Create("b/c", "d")));
        places.Add(("a/b", GrainId.Create("c", "d")));
        places.Add(("a", GrainId.Create("b", "c/d")));
        places.Add(("state", GrainId.Create(new GrainType([0xFF]), new IdSpan([0xFE, 0xFF]))));
        places.Add(("state", GrainId.Create(new GrainType([0xFF]), new IdSpan([0xFF, 0xFE]))));
        Assert.Equal(places.Count, places.Distinct().Count());

        for (int place = 0; place < places.Count; place++)
        {
            GrainState<Basket> state = new(new Basket { Items = place });
            await of.Storage.WriteStateAsync(places[place].State, places[place].Grain, state);
        }

        for (int place = 0; place < places.Count; place++)
        {
            GrainState<Basket> read = new();
            await of.Storage.ReadStateAsync(places[place].State, places[place].Grain, read);
            Assert.Equal(place, read.Basket().Items);
        }
    }

    [Fact]
    public async Task A_name_that_is_no_text_is_refused()
    {
        await using Providers of = await Providers.OpenAsync(backends.Of("memory"));
        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => of.Storage.WriteStateAsync(
            "a\uD800", GrainId.Create("cart", "ada"), new GrainState<Basket>(new Basket())));
        Assert.Contains("The state's name", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Providers_keep_apart_unless_they_name_the_same_store_and_services_always()
    {
        GrainId grain = GrainId.Create("cart", "ada");
        void Three(ISiloBuilder silo) => silo
            .AddLogEngineGrainStorage("one", options => options.Store = "shared")
            .AddLogEngineGrainStorage("two", options => options.Store = "shared")
            .AddLogEngineGrainStorage("three");
        await using Providers of = await Providers.OpenAsync(backends.Of("memory"), Three, "keeping-apart");
        await using Providers other = await Providers.OpenAsync(backends.Of("memory"), Three, "keeping-apart-2");

        await of.Named("one").WriteStateAsync("state", grain, new GrainState<Basket>(new Basket { Items = 4 }));

        Assert.Equal(4, await ItemsAsync(of.Named("two")));
        Assert.Equal(0, await ItemsAsync(of.Named("three")));
        Assert.Equal(0, await ItemsAsync(other.Named("one")));

        async Task<int> ItemsAsync(IGrainStorage storage)
        {
            GrainState<Basket> state = new();
            await storage.ReadStateAsync("state", grain, state);
            return state.Basket().Items;
        }
    }

    [Fact]
    public async Task A_provider_has_the_silos_serializer_or_its_own()
    {
        GrainId grain = GrainId.Create("cart", "ada");
        string service = Guid.NewGuid().ToString("N");
        await using Providers of = await Providers.OpenAsync(
            backends.Of("memory"),
            silo => silo
                .AddLogEngineGrainStorage("json")
                .AddLogEngineGrainStorage("binary", (OptionsBuilder<LogEngineGrainStorageOptions> options) =>
                    options.Configure<Serializer>((found, serializer) =>
                        found.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer))),
            service);
        foreach (string name in new[] { "json", "binary" })
        {
            await of.Named(name).WriteStateAsync(
                "state", grain, new GrainState<Basket>(new Basket { Items = 5, Owner = "Ada" }));
            GrainState<Basket> read = new();
            await of.Named(name).ReadStateAsync("state", grain, read);
            Assert.Equal(new Basket { Items = 5, Owner = "Ada" }, read.State);
        }

        List<string> rows = [];
        await foreach (KeyValueEntry row in Rows(service).Scan().ReadAllAsync())
        {
            rows.Add(Encoding.UTF8.GetString(row.Value.Span));
        }

        Assert.Single(rows, row => row.Contains("\"Items\":5", StringComparison.Ordinal));
        Assert.Single(rows, row => !row.Contains("Items", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_state_that_is_null_is_read_as_a_new_one_and_exists()
    {
        GrainId grain = GrainId.Create("cart", "ada");
        await using Providers of = await Providers.OpenAsync(backends.Of("memory"));
        await of.Storage.WriteStateAsync("state", grain, new GrainState<Basket>(null));
        GrainState<Basket> read = new();
        await of.Storage.ReadStateAsync("state", grain, read);
        Assert.Equal(new Basket(), read.State);
        Assert.True(read.RecordExists);
    }

    [Fact]
    public async Task A_row_that_is_no_state_is_reported_and_not_passed_over()
    {
        GrainId grain = GrainId.Create("cart", "ada");
        string service = Guid.NewGuid().ToString("N");
        await using Providers of = await Providers.OpenAsync(backends.Of("memory"), service: service);
        GrainState<Basket> state = new(new Basket { Items = 5 });
        await of.Storage.WriteStateAsync("state", grain, state);
        ReadOnlyMemory<byte> key = (await Rows(service).GetFirstAsync())!.Key;
        foreach (byte[] row in new byte[][] { [], [7], [0, 0], [1, (byte)'{'] })
        {
            await Rows(service).PutAsync(key, row);
            UndecodableValueException told = await Assert.ThrowsAsync<UndecodableValueException>(
                () => of.Storage.ReadStateAsync("state", grain, new GrainState<Basket>()));
            Assert.Contains("cart/ada", told.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_state_that_is_too_large_is_refused_and_the_old_one_stays()
    {
        GrainId grain = GrainId.Create("cart", "ada");
        await using Providers of = await Providers.OpenAsync(
            backends.Of("memory"), options => options.GrainStorageSerializer = new Zeros());
        GrainState<int> state = new(10);
        await of.Storage.WriteStateAsync("state", grain, state);
        string? etag = state.ETag;
        state.State = StorageEngine.MaxValueBytes;
        await Assert.ThrowsAsync<RecordTooLargeException>(
            () => of.Storage.WriteStateAsync("state", grain, state));
        Assert.Equal(etag, state.ETag);
        GrainState<int> read = new();
        await of.Storage.ReadStateAsync("state", grain, read);
        Assert.Equal((10, etag), (read.State, read.ETag));
    }

    private Keyspace Rows(string service) =>
        backends.Of("memory").GetStoreKeyspace($"logengine/orleans/state/{service}");

    /// <summary>Of a number: so many zeros.</summary>
    private sealed class Zeros : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => new(new byte[(int)(object)input!]);

        public T Deserialize<T>(BinaryData input) => (T)(object)input.ToMemory().Length;
    }
}
