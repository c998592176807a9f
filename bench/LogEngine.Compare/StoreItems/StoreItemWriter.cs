using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using LogEngine.Stores;

namespace LogEngine.Compare.StoreItems;

/// <summary>Items through a store, or raw puts, on one engine.</summary>
internal sealed class StoreItemWriter : IItemWriter
{
    private readonly EmbeddedEngine _engine;
    private readonly Func<int, long, byte[], ValueTask> _write;

    private StoreItemWriter(EmbeddedEngine engine, Func<int, long, byte[], ValueTask> write)
    {
        _engine = engine;
        _write = write;
    }

    public bool IsBlocking => false;

    internal static async Task<StoreItemWriter> OpenAsync(
        string side, string directory, CompareOptions options)
    {
        EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory,
            new StorageEngineOptions
            {
                IoMode = options.IoMode,
                SegmentSizeBytes = options.SegmentBytes,
            });
        return new StoreItemWriter(engine, side switch
        {
            ItemCatalog.Put => Puts(engine, options.Durability),
            "batch-of-one" => Batches(engine, options.Durability),
            "compare-and-set" => Replacements(engine, options.Durability),
            "put-if-absent" => PutsIfAbsent(engine, options.Durability),
            "run-append" => Appends(await engine.OpenRunsAsync("bench"), options.Durability),
            "run-append-next" => NumberedAppends(
                await engine.OpenRunsAsync("bench"), options.Durability),
            "document-save" => Saves(await engine.OpenDocumentsAsync("bench"), options.Durability),
            "checkpoint-save" => Checkpoints(
                await engine.OpenCheckpointsAsync("bench"), options.Durability),
            _ => Blobs(await engine.OpenBlobsAsync("bench"), options.Durability),
        });
    }

    public void Write(int worker, long number, byte[] content) =>
        throw new NotSupportedException();

    public ValueTask WriteAsync(int worker, long number, byte[] content) =>
        _write(worker, number, content);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    /// <summary>The floor of all: new keys, each a worker's next.</summary>
    private static Func<int, long, byte[], ValueTask> Puts(
        EmbeddedEngine engine, Durability durability)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("bench");
        WorkerKeys keys = new();
        return [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        async ValueTask (int worker, long number, byte[] content) =>
                await keyspace.PutAsync(keys.Of(worker, number), content, durability)
                    .ConfigureAwait(false);
    }

    private static Func<int, long, byte[], ValueTask> Batches(
        EmbeddedEngine engine, Durability durability)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("bench");
        WorkerKeys keys = new();
        return [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        async ValueTask (int worker, long number, byte[] content) =>
            {
                WriteBatch batch = engine.CreateBatch();
                batch.Put(keyspace, keys.Of(worker, number), content);
                await engine.CommitAsync(batch, durability).ConfigureAwait(false);
            };
    }

    /// <summary>A worker's own key, read and set again if it is still as it was read.</summary>
    private static Func<int, long, byte[], ValueTask> Replacements(
        EmbeddedEngine engine, Durability durability)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("bench");
        WorkerKeys keys = new();
        return [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        async ValueTask (int worker, long number, byte[] content) =>
            {
                byte[] key = keys.Of(worker, 0);
                if (number == 0)
                {
                    await keyspace.PutAsync(key, content, durability).ConfigureAwait(false);
                    return;
                }

                long version;
                using (StoredValue value = keyspace.Get(key)
                    ?? throw new InvalidDataException("A key is lost."))
                {
                    version = value.Version;
                }

                ConditionalResult result = await keyspace
                    .CompareAndSetAsync(key, content, version, durability).ConfigureAwait(false);
                if (!result.Applied)
                {
                    throw new InvalidDataException("Somebody else has written a worker's own key.");
                }
            };
    }

    private static Func<int, long, byte[], ValueTask> PutsIfAbsent(
        EmbeddedEngine engine, Durability durability)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("bench");
        WorkerKeys keys = new();
        return [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        async ValueTask (int worker, long number, byte[] content) =>
                await keyspace.PutIfAbsentAsync(keys.Of(worker, number), content, durability)
                    .ConfigureAwait(false);
    }

    private static Func<int, long, byte[], ValueTask> Appends(
        RunLog log, Durability durability)
    {
        return (worker, number, content) => log.AppendAsync(
            Name(worker), new RunRow(number, "running", "task", content), durability);
    }

    private static Func<int, long, byte[], ValueTask> NumberedAppends(
        RunLog log, Durability durability)
    {
        string[] names = [.. Enumerable.Range(0, WorkerKeys.Most).Select(Name)];
        return [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        async ValueTask (int worker, long _, byte[] content) => await log.AppendNextAsync(
                names[worker], new RunRow(0, "running", "task", content), durability)
                .ConfigureAwait(false);
    }

    /// <summary>A document of about the payload's size, overwritten by its worker.</summary>
    private static Func<int, long, byte[], ValueTask> Saves(
        DocumentStore store, Durability durability)
    {
        return async (worker, number, content) => await store.SaveAsync(
            Name(worker),
            new BenchDocument(
                number, Name(worker), new string('x', Math.Max(1, content.Length - 50))),
            BenchJson.Default.BenchDocument,
            durability).ConfigureAwait(false);
    }

    private static Func<int, long, byte[], ValueTask> Checkpoints(
        CheckpointStore store, Durability durability)
    {
        return async (worker, _, content) => await store.SaveAsync(
            Name(worker), content, durability).ConfigureAwait(false);
    }

    private static Func<int, long, byte[], ValueTask> Blobs(BlobStore store, Durability durability)
    {
        BlobDescription description = new("application/octet-stream");
        return async (worker, number, content) =>
        {
            byte[] own = content.AsSpan().ToArray();
            BinaryPrimitives.WriteInt64LittleEndian(own, (((long)worker) << 40) + number);
            await store.PutAsync(own, description, durability: durability).ConfigureAwait(false);
        };
    }

    private static string Name(int worker) => worker.ToString("D4", CultureInfo.InvariantCulture);
}

/// <summary>What `document-save` saves.</summary>
internal sealed record BenchDocument(long Number, string Name, string Text);

/// <summary>JSON by code made at build time.</summary>
[JsonSerializable(typeof(BenchDocument))]
internal sealed partial class BenchJson : JsonSerializerContext;
