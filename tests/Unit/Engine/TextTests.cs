using System.Text.Json;

namespace LogEngine.Unit.Engine;

/// <summary>Keys and values as text and JSON, scans in a loop, and a batch that is cleared.</summary>
public sealed class TextTests : IAsyncLifetime
{
    private readonly EmbeddedEngine _engine = StorageEngine.OpenInMemory();

    private Keyspace Keys => _engine.GetKeyspace("k");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _engine.DisposeAsync().AsTask();

    [Fact]
    public async Task Text_goes_in_and_comes_out()
    {
        await Keys.PutAsync("grüße", "wörld 🌍");
        Assert.Equal("wörld 🌍", await Keys.GetTextAsync("grüße"));
        Assert.True(await Keys.ContainsAsync("grüße"));
        using (StoredValue? value = await Keys.GetAsync("grüße"))
        {
            Assert.Equal("wörld 🌍"u8.ToArray(), value!.Memory.ToArray());
        }

        await Keys.DeleteAsync("grüße");
        Assert.Null(await Keys.GetTextAsync("grüße"));
        Assert.False(await Keys.ContainsAsync("grüße"));
    }

    [Fact]
    public async Task What_is_no_text_is_refused_and_loses_nothing()
    {
        await Assert.ThrowsAsync<ArgumentException>(async () => await Keys.PutAsync("a\uD800", "v"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Keys.PutAsync("a", "\uDC00"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Keys.PutAsync("", "v"));
        await Keys.PutAsync("bytes"u8.ToArray(), new byte[] { 0xFF, 0xFE });
        FormatException error = await Assert.ThrowsAsync<FormatException>(
            async () => await Keys.GetTextAsync("bytes"));
        Assert.Contains("'bytes'", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await Keys.CountAsync());
    }

    [Fact]
    public async Task Json_is_kept_with_and_without_a_type_info()
    {
        int[] numbers = [1, 2, 3];
        await Keys.PutJsonAsync("n", numbers);
        Assert.Equal("[1,2,3]", await Keys.GetTextAsync("n"));
        Assert.Equal(numbers, await Keys.GetJsonAsync<int[]>("n"));
        Assert.Null(await Keys.GetJsonAsync<int[]>("none"));
        await Keys.PutAsync("n", "no json");
        await Assert.ThrowsAsync<JsonException>(async () => await Keys.GetJsonAsync<int[]>("n"));
        Dictionary<string, int> map = new() { ["a"] = 1 };
        await Keys.PutJsonAsync("m", map, StringJson.Default.DictionaryStringInt32);
        Assert.Equal(map, await Keys.GetJsonAsync("m", StringJson.Default.DictionaryStringInt32));
    }

    [Fact]
    public async Task A_scan_is_gone_through_in_a_loop_of_either_kind()
    {
        foreach (string key in (string[])["a1", "a2", "b1"])
        {
            await Keys.PutAsync(key, key.ToUpperInvariant());
        }

        List<string> waiting = [];
        await using (KeyScan scan = Keys.Scan(ScanRange.Prefix("a")))
        {
            await foreach (KeyValueEntry entry in scan)
            {
                waiting.Add($"{entry.KeyText}={entry.ValueText}");
            }
        }

        List<string> direct = [];
        using (EmbeddedKeyScan scan = _engine.GetKeyspace("k").Scan(ScanRange.Prefix("a", reverse: true)))
        {
            foreach (KeyValueEntry entry in scan)
            {
                direct.Add($"{entry.KeyText}={entry.ValueText}");
            }
        }

        Assert.Equal(["a1=A1", "a2=A2"], waiting);
        Assert.Equal(["a2=A2", "a1=A1"], direct);
    }

    [Fact]
    public async Task Entries_are_equal_by_what_they_hold()
    {
        await Keys.PutAsync("a", "1");
        KeyValueEntry one = (await Keys.GetFirstAsync())!;
        KeyValueEntry two = (await Keys.GetFirstAsync())!;
        Assert.Equal(one, two);
        Assert.Equal(one.GetHashCode(), two.GetHashCode());
        Assert.NotEqual(one, one with { Key = "b"u8.ToArray() });
    }

    [Fact]
    public async Task A_cleared_batch_is_as_new()
    {
        WriteBatch batch = _engine.CreateBatch();
        batch.Put(Keys, "a", "1");
        batch.Put(Keys, "large"u8, new byte[1 << 20]);
        batch.Touch(Keys, "a"u8, null);
        batch.RequireVersion(Keys, "a"u8, 77);
        Assert.True(batch.PayloadBytes > 1 << 20);
        batch.Clear();
        Assert.Equal((0, 0, 0L), (batch.Count, batch.ConditionCount, batch.PayloadBytes));
        batch.Put(Keys, "b", "2");
        batch.Delete(Keys, "none");
        Assert.Equal(2, (await _engine.CommitAsync(batch)).Count);
        Assert.Equal(["b"], (await Keys.Scan().ReadAllAsync().ToListAsync()).Select(e => e.KeyText));
        Assert.Throws<InvalidOperationException>(batch.Clear);
    }
}
