namespace LogEngine.Unit.Engine;

public sealed class ReadOnlyEngineTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_closed_engine_is_shown_and_nothing_is_changed()
    {
        await FillAndCloseAsync();
        Dictionary<string, byte[]> before = Files(_scratch.Path);
        await using (EmbeddedEngine engine = await ReadOnlyAsync(_scratch.Path))
        {
            Assert.Equal([("a", "1"), ("b", new string('x', 20_000))], Contents(engine));
            Assert.Equal(["k"], engine.ListKeyspaces());
            Assert.Equal(2, engine.GetKeyspace("k").Count);
            Assert.Equal(RecoveredTail.Sealed, engine.Recovery.Tail);
            Assert.Equal(engine.VisibleSequence, engine.DurableSequence);
            Assert.Equal(2, engine.Statistics.Keys);
        }

        Assert.Equal(before, Files(_scratch.Path));
    }

    [Fact]
    public async Task Every_writing_member_throws()
    {
        await FillAndCloseAsync();
        await using EmbeddedEngine engine = await ReadOnlyAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = SmallEngine.Bytes("a");
        await ThrowsAsync(() => keyspace.PutAsync(key, key).Soon());
        await ThrowsAsync(() => keyspace.PutAsync(key, new byte[1 << 20]).Soon());
        await ThrowsAsync(() => engine.GetKeyspace("new").PutAsync(key, key).Soon());
        await ThrowsAsync(() => keyspace.DeleteAsync(key).Soon());
        await ThrowsAsync(() => keyspace.DeleteRangeAsync(key, default).Soon());
        await ThrowsAsync(() => keyspace.PutIfAbsentAsync(key, key).Soon());
        await ThrowsAsync(() => keyspace.CompareAndSetAsync(key, key, 1).Soon());
        await ThrowsAsync(() => engine.DropKeyspaceAsync("k").Soon());
        await ThrowsAsync(() => engine.SnapshotAsync().Soon());
        await ThrowsAsync(() => engine.CompactAsync().Soon());
        await ThrowsAsync(() => engine.BackupAsync(_scratch.Sibling("b")).Soon());
        Assert.Throws<StorageReadOnlyException>(() => engine.CreateBatch());
        await engine.FlushAsync().Soon();
    }

    [Fact]
    public async Task Beside_a_writer_what_is_attested_is_shown_as_of_one_moment()
    {
        await using EmbeddedEngine writer = await SmallEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = writer.GetKeyspace("k");
        await keyspace.PutTextAsync("a", "1", Durability.PowerLoss);
        await writer.SnapshotAsync().Soon();
        await using EmbeddedEngine reader = await ReadOnlyAsync(_scratch.Path);
        await keyspace.PutTextAsync("a", "2", Durability.PowerLoss);
        Assert.Equal([("a", "1")], Contents(reader));

        // An idle mark attests the second write after a moment.
        List<(string, string)> shown = [];
        for (int i = 0; i < 1000 && shown is not [("a", "2")]; i++)
        {
            await Task.Delay(5);
            await using EmbeddedEngine again = await ReadOnlyAsync(_scratch.Path);
            shown = Contents(again);
        }

        Assert.Equal([("a", "2")], shown);
    }

    [Fact]
    public async Task Values_stay_readable_when_the_writer_frees_their_segments()
    {
        await using EmbeddedEngine writer = await SmallEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = writer.GetKeyspace("k");
        for (int i = 0; i < 400; i++)
        {
            await keyspace.PutTextAsync($"{i % 20:00}", $"{i} {new string('x', 1000)}");
        }

        await writer.SnapshotAsync().Soon();
        List<(string, string)> expected = keyspace.Contents();
        await using EmbeddedEngine reader = await ReadOnlyAsync(_scratch.Path);
        for (int i = 0; i < 400; i++)
        {
            await keyspace.PutTextAsync($"{i % 20:00}", new string('y', 1000));
        }

        Assert.True(await writer.CompactAsync().Soon() > 0);
        for (int i = 0; i < 400; i++)
        {
            await keyspace.PutTextAsync($"{i % 20:00}", new string('z', 1000));
        }

        Assert.Equal(expected, Contents(reader));
    }

    [Fact]
    public async Task Opening_beside_a_writer_that_compacts_always_succeeds()
    {
        await using EmbeddedEngine writer = await SmallEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = writer.GetKeyspace("k");
        await keyspace.PutTextAsync("00", "0");
        using CancellationTokenSource stop = new();
        Task load = Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                await keyspace.PutTextAsync($"{i % 20:00}", $"{i} {new string('x', 1000)}");
                if (i % 200 == 199)
                {
                    await writer.CompactAsync();
                }
            }
        });
        long before = 0;
        for (int i = 0; i < 15; i++)
        {
            await using EmbeddedEngine reader = await ReadOnlyAsync(_scratch.Path);
            Assert.True(reader.VisibleSequence >= before);
            before = reader.VisibleSequence;
            Assert.Equal(reader.GetKeyspace("k").Count, Contents(reader).Count);
        }

        await stop.CancelAsync();
        await load.Soon();
    }

    [Fact]
    public async Task A_killed_engine_is_shown_with_its_tail()
    {
        await using EmbeddedEngine writer = await SmallEngine.OpenAsync(_scratch.Path);
        await writer.GetKeyspace("k").PutTextAsync("a", "1");
        string copy = _scratch.CopyTo("copy");
        await using EmbeddedEngine reader = await ReadOnlyAsync(copy);
        Assert.Equal([("a", "1")], Contents(reader));
        Assert.True(reader.Recovery.TailNotMadeDurable);
    }

    [Fact]
    public async Task A_backup_can_be_looked_into()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        for (int i = 0; i < 200; i++)
        {
            await engine.GetKeyspace("k").PutTextAsync($"{i % 7}", new string('x', 1000 + i));
        }

        await engine.CompactAsync().Soon();
        string backup = _scratch.Sibling("backup");
        await engine.BackupAsync(backup).Soon();
        Dictionary<string, byte[]> before = Files(backup);
        await using (EmbeddedEngine reader = await ReadOnlyAsync(backup))
        {
            Assert.Equal(engine.GetKeyspace("k").Contents(), Contents(reader));
        }

        Assert.Equal(before, Files(backup));
    }

    [Fact]
    public async Task What_is_not_there_or_another_kind_is_a_typed_error()
    {
        await Assert.ThrowsAsync<StorageNotFoundException>(() => ReadOnlyAsync(_scratch.Path).Soon());
        Directory.CreateDirectory(_scratch.Path);
        await Assert.ThrowsAsync<StorageNotFoundException>(() => ReadOnlyAsync(_scratch.Path).Soon());
        await SmallLogs.CreateAsync(_scratch.Sibling("log"), 2, 10);
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => ReadOnlyAsync(_scratch.Sibling("log")).Soon());
        Assert.Throws<ArgumentException>(
            () => StorageEngine.OpenInMemory(new StorageEngineOptions { ReadOnly = true }));
    }

    private static List<(string, string)> Contents(EmbeddedEngine engine) =>
        engine.GetKeyspace("k").Contents();

    private static ValueTask<EmbeddedEngine> ReadOnlyAsync(string path) =>
        SmallEngine.OpenAsync(path, options => options with { ReadOnly = true });

    private static async Task ThrowsAsync(Func<Task> write) =>
        await Assert.ThrowsAsync<StorageReadOnlyException>(write);

    private static Dictionary<string, byte[]> Files(string directory) =>
        Directory.GetFiles(directory).ToDictionary(f => f, File.ReadAllBytes);

    private async Task FillAndCloseAsync()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        await engine.GetKeyspace("k").PutTextAsync("a", "1");
        await engine.GetKeyspace("k").PutTextAsync("b", new string('x', 20_000));
    }
}
