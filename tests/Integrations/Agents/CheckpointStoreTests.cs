using System.Text.Json;

namespace LogEngine.AgentsTests;

/// <summary>The contract of the library's checkpoint store: what is saved, found, listed and removed.</summary>
public sealed class CheckpointStoreTests
{
    [Fact]
    public async Task A_checkpoint_is_read_as_it_was_saved_with_its_properties_in_their_order()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine);
        const string Text =
            """{"$type":"x","z":1.0,"a":[1,2,{"$type":"y","b":"é😀\u0000"}],"big":12345678901234567890123}""";

        CheckpointInfo saved = await store.CreateCheckpointAsync("session", Json(Text));

        JsonElement read = await store.RetrieveCheckpointAsync("session", saved);
        Assert.Equal(
            ["$type", "z", "a", "big"], read.EnumerateObject().Select(property => property.Name));
        Assert.True(JsonElement.DeepEquals(Json(Text), read));
        Assert.Equal("1.0", read.GetProperty("z").GetRawText());
        Assert.Equal("12345678901234567890123", read.GetProperty("big").GetRawText());
        Assert.Equal("session", saved.SessionId);
    }

    [Fact]
    public async Task A_session_lists_its_checkpoints_the_oldest_first_and_no_others()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine);
        List<CheckpointInfo> ada = [];
        List<CheckpointInfo> adam = [];
        for (int step = 0; step < 12; step++)
        {
            ada.Add(await store.CreateCheckpointAsync("ada", Json($"{step}"), ada.LastOrDefault()));
            adam.Add(await store.CreateCheckpointAsync("adam", Json($"{step}")));
        }

        Assert.Equal(ada, await store.RetrieveIndexAsync("ada"));
        Assert.Equal(adam, await store.RetrieveIndexAsync("adam"));
        Assert.Empty(await store.RetrieveIndexAsync("ad"));
        Assert.Equal([ada[5]], await store.RetrieveIndexAsync("ada", ada[4]));
        Assert.Empty(await store.RetrieveIndexAsync("ada", ada[^1]));
        Assert.Empty(await store.RetrieveIndexAsync("ada", adam[4]));
        Assert.Empty(await store.RetrieveIndexAsync("adam", adam[4]));
        CheckpointManager manager = CheckpointManager.CreateJson(store);
        Assert.Equal(ada[^1], await manager.GetLatestCheckpointAsync("ada"));
        Assert.Null(await manager.GetLatestCheckpointAsync("ad"));
        Assert.Equal(7, (await store.RetrieveCheckpointAsync("ada", ada[7])).GetInt32());
    }

    [Fact]
    public async Task A_parent_may_be_of_another_session()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine);
        CheckpointInfo outer = new("outer", "whatever it is called");
        CheckpointInfo inner = await store.CreateCheckpointAsync("inner", Json("1"), outer);
        await store.CreateCheckpointAsync("inner", Json("2"), new CheckpointInfo("inner", outer.CheckpointId));
        Assert.Equal([inner], await store.RetrieveIndexAsync("inner", outer));
    }

    [Fact]
    public async Task What_was_never_saved_is_not_found()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine);
        CheckpointInfo saved = await store.CreateCheckpointAsync("ada", Json("1"));
        string[] ids =
            ["0", "2", "-1", "01", " 1", "1 ", "x", "9223372036854775807", Guid.NewGuid().ToString("N")];
        foreach (string id in ids)
        {
            await Assert.ThrowsAsync<KeyNotFoundException>(
                () => store.RetrieveCheckpointAsync("ada", new CheckpointInfo("ada", id)).AsTask());
        }

        await Assert.ThrowsAsync<KeyNotFoundException>(
            () => store.RetrieveCheckpointAsync("bob", new CheckpointInfo("bob", saved.CheckpointId)).AsTask());
        await Assert.ThrowsAsync<KeyNotFoundException>(
            () => store.RetrieveCheckpointAsync("bob", saved).AsTask());
    }

    [Fact]
    public async Task Sessions_have_any_names_and_those_that_cannot_be_are_refused()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine);
        string[] names =
        [
            "a", "a\0", "a/b", "../..", "\0", " ", "😀", "a|b", "a||b",
            new string('x', 1024), new string('x', 1023),
        ];
        foreach (string name in names)
        {
            await store.CreateCheckpointAsync(name, JsonSerializer.SerializeToElement(name));
        }

        foreach (string name in names)
        {
            CheckpointInfo found = Assert.Single(await store.RetrieveIndexAsync(name));
            Assert.Equal(name, (await store.RetrieveCheckpointAsync(name, found)).GetString());
        }

        List<string> listed = [];
        await foreach (string name in store.ListSessionsAsync())
        {
            listed.Add(name);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        foreach (string name in new[] { "", "a\uD800", new string('x', 1025) })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(
                () => store.CreateCheckpointAsync(name, Json("1")).AsTask());
        }
    }

    [Fact]
    public async Task Saves_at_once_have_ids_of_their_own_and_all_are_listed()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore one = await OpenAsync(engine);
        LogEngineCheckpointStore other = await OpenAsync(engine);
        CheckpointInfo[] saved = await Task.WhenAll(Enumerable.Range(0, 64).Select(number => Task.Run(
            () => (number % 2 == 0 ? one : other).CreateCheckpointAsync("ada", Json($"{number}")).AsTask())));
        Assert.Equal(64, saved.Distinct().Count());
        Assert.Equal(saved.ToHashSet(), (await one.RetrieveIndexAsync("ada")).ToHashSet());
        for (int number = 0; number < saved.Length; number++)
        {
            Assert.Equal(number, (await other.RetrieveCheckpointAsync("ada", saved[number])).GetInt32());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task With_a_number_to_keep_the_newest_stay(int keep)
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine, new LogEngineCheckpointOptions { Keep = keep });
        List<CheckpointInfo> saved = [];
        for (int step = 0; step < 10; step++)
        {
            saved.Add(await store.CreateCheckpointAsync("ada", Json($"{step}"), saved.LastOrDefault()));
        }

        Assert.Equal(saved.TakeLast(keep), await store.RetrieveIndexAsync("ada"));
        await Assert.ThrowsAsync<KeyNotFoundException>(
            () => store.RetrieveCheckpointAsync("ada", saved[^(keep + 1)]).AsTask());
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new LogEngineCheckpointOptions { Keep = 0 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new LogEngineCheckpointOptions { Durability = (Durability)9 }.Validate());
    }

    [Fact]
    public async Task Without_one_all_stay()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine);
        for (int step = 0; step < 150; step++)
        {
            await store.CreateCheckpointAsync("ada", Json($"{step}"));
        }

        Assert.Equal(150, (await store.RetrieveIndexAsync("ada")).Count());
    }

    [Fact]
    public async Task A_session_that_is_removed_is_gone_and_no_id_is_used_again()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine);
        CheckpointInfo old = await store.CreateCheckpointAsync("ada", Json("1"));
        await store.CreateCheckpointAsync("bob", Json("1"));
        Assert.True(await store.DeleteSessionAsync("ada"));
        Assert.False(await store.DeleteSessionAsync("ada"));
        Assert.Empty(await store.RetrieveIndexAsync("ada"));
        Assert.Single(await store.RetrieveIndexAsync("bob"));
        CheckpointInfo next = await store.CreateCheckpointAsync("ada", Json("2"));
        Assert.NotEqual(old, next);
        await Assert.ThrowsAsync<KeyNotFoundException>(() => store.RetrieveCheckpointAsync("ada", old).AsTask());
    }

    [Fact]
    public async Task A_value_that_is_no_checkpoint_is_reported_and_not_passed_over()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        LogEngineCheckpointStore store = await OpenAsync(engine);
        CheckpointStore raw = await engine.OpenCheckpointsAsync("workflows");
        byte[][] values =
            [[], [1], [2, 0, 0, 0, 0], [1, 0, 9, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0, (byte)'{']];
        foreach (byte[] value in values)
        {
            CheckpointInfo written = new("ada", $"{await raw.SaveAsync("ada", value)}");
            UndecodableValueException told = await Assert.ThrowsAsync<UndecodableValueException>(
                () => store.RetrieveCheckpointAsync("ada", written).AsTask());
            Assert.Contains("'ada'", told.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Checkpoints_are_there_when_the_engine_is_opened_again()
    {
        using ScratchDirectory directory = new();
        CheckpointInfo saved;
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(directory.Path))
        {
            saved = await (await OpenAsync(engine)).CreateCheckpointAsync("ada", Json("""{"step":1}"""));
        }

        await using EmbeddedEngine again = await StorageEngine.OpenAsync(directory.Path);
        LogEngineCheckpointStore store = await OpenAsync(again);
        Assert.Equal([saved], await store.RetrieveIndexAsync("ada"));
        Assert.Equal(1, (await store.RetrieveCheckpointAsync("ada", saved)).GetProperty("step").GetInt32());
    }

    internal static async Task<LogEngineCheckpointStore> OpenAsync(
        StorageEngine engine, LogEngineCheckpointOptions? options = null) =>
        new(await engine.OpenCheckpointsAsync("workflows"), options);

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
