using System.Reflection;
using LogEngine.Extensions;
using LogEngine.Testing;

namespace LogEngine.Unit.PublicApi;

/// <summary>What holds something is let go of in one way: by both forms, as often as one likes.</summary>
public sealed class DisposalTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>Disposing it waits for handlers, and what it waits for runs on the caller's terms.</summary>
    private const string AsynchronousOnly = "LogEngine.Stores.Queues.QueueProcessor";

    public static TheoryData<string> Holders => new(
        from type in new[]
            {
                typeof(WriteAheadLog).Assembly,
                typeof(LogEngineBuilder).Assembly,
                typeof(SimulatedDisk).Assembly,
            }.SelectMany(assembly => assembly.GetExportedTypes())
        where (typeof(IAsyncDisposable).IsAssignableFrom(type)
                || typeof(IDisposable).IsAssignableFrom(type))
            && type.FullName != AsynchronousOnly
        select type.FullName!);

    /// <summary>
    /// An asynchronous form alone cannot stand in a <c>using</c>, nor in a container that is disposed
    /// synchronously. A synchronous form alone is enough where only memory is given back.
    /// </summary>
    [Theory]
    [MemberData(nameof(Holders))]
    public void What_is_disposed_asynchronously_is_disposed_synchronously_too(string name)
    {
        Type type = new[] { typeof(WriteAheadLog), typeof(LogEngineBuilder), typeof(SimulatedDisk) }
            .Select(known => known.Assembly.GetType(name))
            .First(found => found is not null)!;
        Assert.True(
            typeof(IDisposable).IsAssignableFrom(type), $"{name} has no synchronous form");
        MethodInfo[] forms =
        [
            .. type.GetMethods(BindingFlags.Public | BindingFlags.Instance)
                .Where(method => method.Name is "Dispose" or "DisposeAsync"
                    && method.GetParameters().Length == 0),
        ];
        Assert.Equal(
            typeof(IAsyncDisposable).IsAssignableFrom(type) ? 2 : 1, forms.Length);
    }

    [Fact]
    public async Task A_log_is_disposed_in_both_forms_as_often_as_one_likes()
    {
        WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        log.Append([1]);
        log.Dispose();
        log.Dispose();
        await log.DisposeAsync();
        await log.CloseAsync();
        await RefusesAsync(log);

        WriteAheadLog read = await WriteAheadLog.OpenAsync(
            _scratch.Path, new WriteAheadLogOptions { ReadOnly = true });
        await read.DisposeAsync();
        read.Dispose();
        Assert.Throws<ObjectDisposedException>(() => read.OpenReader(1));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await read.FindSequenceAsync(default));
    }

    [Fact]
    public async Task A_reader_is_disposed_in_both_forms_as_often_as_one_likes()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        log.Append([1]);
        LogReader reader = log.OpenReader(1);
        reader.Dispose();
        await reader.DisposeAsync();
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.TryRead(out _));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await reader.WaitToReadAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            await foreach (OwnedRecord record in reader.ReadAllAsync())
            {
                Assert.Fail($"{record}");
            }
        });
    }

    [Fact]
    public async Task Snapshot_files_are_disposed_in_both_forms_as_often_as_one_likes()
    {
        Directory.CreateDirectory(_scratch.Path);
        string path = _scratch.File("state");
        SnapshotFileWriter writer = await SnapshotFile.CreateAsync(path);
        await writer.WriteAsync(new byte[] { 1 });
        await writer.CommitAsync();
        writer.Dispose();
        await writer.DisposeAsync();
        writer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => writer.Write([1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await writer.WriteAsync(new byte[] { 1 }));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.CommitAsync());

        using (SnapshotFileWriter abandoned = await SnapshotFile.CreateAsync(path))
        {
            abandoned.Write([2, 2]);
        }

        SnapshotFileReader reader = await SnapshotFile.OpenAsync(path);
        Assert.Equal(1, reader.PayloadLength);
        reader.Dispose();
        await reader.DisposeAsync();
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.Read(new byte[1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await reader.ReadAsync(new byte[1]));
        Assert.Single(Directory.GetFiles(_scratch.Path));
    }

    [Fact]
    public async Task An_engine_and_what_it_gives_are_disposed_in_both_forms()
    {
        EmbeddedEngine engine = await StorageEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync("a", "1");
        EmbeddedReadView view = engine.OpenReadView();
        EmbeddedKeyspaceView seen = view.In(keyspace);
        EmbeddedKeyScan scan = keyspace.Scan();
        StoredValue value = (await keyspace.GetAsync("a"))!;
        value.Dispose();
        value.Dispose();
        Assert.Throws<ObjectDisposedException>(() => value.Memory);
        scan.Dispose();
        await scan.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => scan.MoveNext());
        view.Dispose();
        await view.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => seen.TryGetInfo([97], out _));

        engine.Dispose();
        await engine.DisposeAsync();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.GetKeyspace("k"));
        Assert.Throws<ObjectDisposedException>(() => engine.OpenReadView());
        Assert.Throws<ObjectDisposedException>(() => keyspace.TryGetInfo([97], out _));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await keyspace.PutAsync("a", "2"));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await engine.BackupAsync(_scratch.Sibling("backup")));
    }

    private static async Task RefusesAsync(WriteAheadLog log)
    {
        LogBatch batch = new();
        batch.Add([1]);
        Assert.Throws<ObjectDisposedException>(() => log.Append([1]));
        Assert.Throws<ObjectDisposedException>(() => log.TryAppend([1], out _));
        Assert.Throws<ObjectDisposedException>(() => log.OpenReader(1));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.AppendAsync(new byte[1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.AppendBatchAsync(batch));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.FlushAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.WaitDurableAsync(1));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.TruncateBeforeAsync(1));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await log.FindSequenceAsync(default));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await log.BackupAsync("never-made"));
    }
}
