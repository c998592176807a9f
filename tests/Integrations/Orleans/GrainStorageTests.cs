namespace LogEngine.OrleansTests;

/// <summary>
/// The contract of <see cref="IGrainStorage"/>, on every engine, with states that are removed when they are cleared and
/// with such that leave a row.
/// </summary>
[Collection(BackendTests.Name)]
public sealed class GrainStorageTests(Backends backends)
{
    private static readonly GrainId _grain = GrainId.Create("cart", "ada");

    public static TheoryData<string, bool> Storages => new()
    {
        { "memory", false }, { "memory", true },
        { "files", false }, { "files", true },
        { "postgresql", false }, { "postgresql", true },
    };

    [SkippableTheory]
    [MemberData(nameof(Storages))]
    public async Task A_state_that_was_never_written_is_a_new_one(string engine, bool deletes)
    {
        await using Providers of = await OpenAsync(engine, deletes);
        GrainState<Basket> state = new() { State = new Basket { Items = 9 }, ETag = "17", RecordExists = true };

        await of.Storage.ReadStateAsync("state", _grain, state);

        Assert.Equal(new Basket(), state.State);
        Assert.Null(state.ETag);
        Assert.False(state.RecordExists);
    }

    [SkippableTheory]
    [MemberData(nameof(Storages))]
    public async Task What_was_written_is_read_and_each_write_has_an_etag_of_its_own(string engine, bool deletes)
    {
        await using Providers of = await OpenAsync(engine, deletes);
        GrainState<Basket> written = new(new Basket { Items = 3, Owner = "ада" });
        HashSet<string> etags = [];
        for (int write = 0; write < 3; write++)
        {
            // The same value again is a write too.
            await of.Storage.WriteStateAsync("state", _grain, written);
            Assert.True(written.RecordExists);
            Assert.True(etags.Add(written.ETag!));
            GrainState<Basket> read = await ReadAsync(of);
            Assert.Equal(written.State, read.State);
            Assert.NotSame(written.State, read.State);
            Assert.Equal(written.ETag, read.ETag);
            Assert.True(read.RecordExists);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Storages))]
    public async Task A_second_insert_is_refused_and_tells_both_etags(string engine, bool deletes)
    {
        await using Providers of = await OpenAsync(engine, deletes);
        GrainState<Basket> first = await WrittenAsync(of, 1);
        GrainState<Basket> second = new(new Basket { Items = 2 });

        InconsistentStateException refused = await Assert.ThrowsAsync<InconsistentStateException>(
            () => of.Storage.WriteStateAsync("state", _grain, second));

        Assert.Equal(first.ETag, refused.StoredEtag);
        Assert.Null(second.ETag);
        Assert.False(second.RecordExists);
        Assert.Equal(1, (await ReadAsync(of)).Basket().Items);
    }

    [SkippableTheory]
    [MemberData(nameof(Storages))]
    public async Task A_write_or_a_clear_with_an_etag_that_is_not_the_rows_is_refused(string engine, bool deletes)
    {
        await using Providers of = await OpenAsync(engine, deletes);
        GrainState<Basket> old = await WrittenAsync(of, 1);
        GrainState<Basket> current = await ReadAsync(of);
        current.Basket().Items = 2;
        await of.Storage.WriteStateAsync("state", _grain, current);
        string[] wrong =
            [old.ETag!, "0", "-1", " 1", $"0{current.ETag}", "*", "what", "9223372036854775807"];
        foreach (string etag in wrong)
        {
            GrainState<Basket> stale = new(new Basket { Items = 3 }, etag) { RecordExists = true };
            await Assert.ThrowsAsync<InconsistentStateException>(
                () => of.Storage.WriteStateAsync("state", _grain, stale));
            await Assert.ThrowsAsync<InconsistentStateException>(
                () => of.Storage.ClearStateAsync("state", _grain, stale));
            Assert.Equal(etag, stale.ETag);
            Assert.Equal(3, stale.Basket().Items);

            // There is no row of another grain with it either.
            await Assert.ThrowsAsync<InconsistentStateException>(
                () => of.Storage.WriteStateAsync("state", GrainId.Create("cart", "nobody"), stale));
        }

        GrainState<Basket> read = await ReadAsync(of);
        Assert.Equal((2, current.ETag), (read.Basket().Items, read.ETag));
    }

    [SkippableTheory]
    [MemberData(nameof(Storages))]
    public async Task A_cleared_state_is_a_new_one_and_can_be_written_again(string engine, bool deletes)
    {
        await using Providers of = await OpenAsync(engine, deletes);
        GrainState<Basket> state = await WrittenAsync(of, 1);
        GrainState<Basket> beside = await ReadAsync(of);
        string? written = state.ETag;

        await of.Storage.ClearStateAsync("state", _grain, state);

        Assert.False(state.RecordExists);
        Assert.NotEqual(written, state.ETag);
        Assert.Equal(deletes, state.ETag is null);
        Assert.Equal(new Basket(), state.State);
        GrainState<Basket> read = await ReadAsync(of);
        Assert.Equal((false, state.ETag), (read.RecordExists, read.ETag));
        Assert.Equal(new Basket(), read.State);

        // Who had read it before is refused, whatever he does.
        await Assert.ThrowsAsync<InconsistentStateException>(
            () => of.Storage.WriteStateAsync("state", _grain, beside));
        await Assert.ThrowsAsync<InconsistentStateException>(
            () => of.Storage.ClearStateAsync("state", _grain, beside));

        await of.Storage.ClearStateAsync("state", _grain, state);
        state.State = new Basket { Items = 5 };
        await of.Storage.WriteStateAsync("state", _grain, state);
        Assert.Equal(5, (await ReadAsync(of)).Basket().Items);
    }

    [SkippableTheory]
    [MemberData(nameof(Storages))]
    public async Task Clearing_what_was_never_written_writes_nothing(string engine, bool deletes)
    {
        string service = Guid.NewGuid().ToString("N");
        await using Providers of = await OpenAsync(engine, deletes, service);
        GrainState<Basket> state = new(new Basket { Items = 1 });

        await of.Storage.ClearStateAsync("state", _grain, state);

        Assert.Equal(new Basket(), state.State);
        Assert.Null(state.ETag);
        Assert.Equal(0, await Rows(engine, service).CountAsync());
        await of.Storage.WriteStateAsync("state", _grain, state);

        // Nobody who has seen no row clears one that is there.
        await Assert.ThrowsAsync<InconsistentStateException>(
            () => of.Storage.ClearStateAsync("state", _grain, new GrainState<Basket>(new Basket())));
        Assert.True((await ReadAsync(of)).RecordExists);
    }

    [SkippableTheory]
    [MemberData(nameof(Storages))]
    public async Task Of_racing_inserts_and_of_racing_updates_one_wins(string engine, bool deletes)
    {
        await using Providers of = await OpenAsync(engine, deletes);
        string? etag = null;
        for (int round = 0; round < 2; round++)
        {
            GrainState<Basket>[] racers =
            [
                .. Enumerable.Range(1, 16)
                    .Select(items => new GrainState<Basket>(new Basket { Items = items }, etag)),
            ];
            GrainState<Basket>?[] outcome = await Task.WhenAll(racers.Select(async racer =>
            {
                try
                {
                    await Task.Run(() => of.Storage.WriteStateAsync("state", _grain, racer));
                    return racer;
                }
                catch (InconsistentStateException)
                {
                    return null;
                }
            }));
            GrainState<Basket> winner = Assert.Single(outcome.OfType<GrainState<Basket>>());
            GrainState<Basket> read = await ReadAsync(of);
            Assert.Equal((winner.Basket().Items, winner.ETag), (read.Basket().Items, read.ETag));
            etag = winner.ETag;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Storages))]
    public async Task Many_grains_are_written_at_once(string engine, bool deletes)
    {
        await using Providers of = await OpenAsync(engine, deletes);
        await Parallel.ForEachAsync(Enumerable.Range(0, 24), async (number, cancellation) =>
        {
            GrainId grain = GrainId.Create("cart", $"{number}");
            GrainState<Basket> state = new(new Basket());
            for (int write = 1; write <= 3; write++)
            {
                state.Basket().Items = number * write;
                await of.Storage.WriteStateAsync("state", grain, state, cancellation);
                GrainState<Basket> read = new();
                await of.Storage.ReadStateAsync("state", grain, read, cancellation);
                Assert.Equal((number * write, state.ETag), (read.Basket().Items, read.ETag));
            }
        });
    }

    [Fact]
    public async Task A_cleared_row_that_stays_can_be_removed_by_one_who_deletes()
    {
        string service = Guid.NewGuid().ToString("N");
        await using Providers keeps = await OpenAsync("memory", deletes: false, service);
        await using Providers deletes = await OpenAsync("memory", deletes: true, service);
        GrainState<Basket> state = await WrittenAsync(keeps, 1);
        await keeps.Storage.ClearStateAsync("state", _grain, state);
        Assert.Equal(1, await Rows("memory", service).CountAsync());

        await deletes.Storage.ClearStateAsync("state", _grain, state);

        Assert.Equal(0, await Rows("memory", service).CountAsync());
        Assert.Null(state.ETag);
    }

    [Fact]
    public async Task A_cancelled_call_leaves_the_state_as_it_was()
    {
        await using Providers of = await OpenAsync("memory", deletes: false);
        GrainState<Basket> state = new(new Basket { Items = 1 });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => of.Storage.WriteStateAsync("state", _grain, state, new CancellationToken(canceled: true)));
        Assert.Null(state.ETag);
        Assert.False(state.RecordExists);
    }

    [Fact]
    public async Task States_are_there_with_their_etags_when_the_engine_is_opened_again()
    {
        using ScratchDirectory directory = new();
        string? etag;
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(directory.Path))
        {
            await using Providers of = await Providers.OpenAsync(engine, service: "shop");
            etag = (await WrittenAsync(of, 7)).ETag;
        }

        await using EmbeddedEngine again = await StorageEngine.OpenAsync(directory.Path);
        await using Providers after = await Providers.OpenAsync(again, service: "shop");
        GrainState<Basket> read = await ReadAsync(after);
        Assert.Equal((7, etag, true), (read.Basket().Items, read.ETag, read.RecordExists));
        await after.Storage.WriteStateAsync("state", _grain, read);
    }

    private static async Task<GrainState<Basket>> WrittenAsync(Providers of, int items)
    {
        GrainState<Basket> state = new(new Basket { Items = items });
        await of.Storage.WriteStateAsync("state", _grain, state);
        return state;
    }

    private static async Task<GrainState<Basket>> ReadAsync(Providers of)
    {
        GrainState<Basket> state = new();
        await of.Storage.ReadStateAsync("state", _grain, state);
        return state;
    }

    private Keyspace Rows(string engine, string service) =>
        backends.Of(engine).GetStoreKeyspace($"logengine/orleans/state/{service}");

    private Task<Providers> OpenAsync(string engine, bool deletes, string? service = null) => Providers.OpenAsync(
        backends.Of(engine), options => options.DeleteStateOnClear = deletes, service);
}

internal static class Baskets
{
    /// <summary>The state, which no provider leaves null.</summary>
    internal static Basket Basket(this GrainState<Basket> state) => state.State!;
}

/// <summary>A state.</summary>
[GenerateSerializer]
public sealed record Basket
{
    [Id(0)]
    public int Items { get; set; }

    [Id(1)]
    public string? Owner { get; set; }
}
