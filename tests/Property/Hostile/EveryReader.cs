using LogEngine.Backups;
using LogEngine.Inspection;
using LogEngine.Log;
using LogEngine.Storage;
using LogEngine.Unit.Recovery;
using LogEngine.Unit.Storage;

namespace LogEngine.Properties.Hostile;

/// <summary>
/// Everybody who reads a directory, one after the other: each either gives what it finds or says with
/// an exception of the documented kinds where it is damaged.
/// </summary>
internal sealed class EveryReader(HostileStore kind, IReadOnlyDictionary<string, byte[]> files)
{
    /// <summary>Calls that one reader may make: a sound directory takes some hundred.</summary>
    private const int MostCalls = 40_000;

    /// <summary>Bytes that one reader may allocate, other than native ones.</summary>
    private const long MostBytes = 256L << 20;

    private const string Target = "/target";

    private string _reader = "";
    private int _calls;

    /// <summary>Null, or what was wrong and with whom.</summary>
    internal async Task<string?> RunAsync()
    {
        try
        {
            await InspectAsync();
            if (kind.Kind == StoreKind.Log)
            {
                await OpenLogAsync(readOnly: true);
                await OpenLogAsync(readOnly: false);
            }
            else
            {
                await OpenEngineAsync(readOnly: true);
                await OpenEngineAsync(readOnly: false);
                await RestoreAsync();
            }

            return null;
        }
        catch (Exception error)
        {
            return $"{_reader}: {error}";
        }
    }

    private Task InspectAsync() => Task.Run(async () =>
    {
        await TryAsync("verify", store => Sync(() =>
            Verifier.Run(store.Files, MemoryStore.Directory, null, default)));
        await TryAsync("stat", store => Sync(() =>
            StatTaker.Run(store.Files, MemoryStore.Directory, null, default)));
        await TryAsync("manifests", store => Sync(() =>
            new ManifestStore(store.Files, MemoryStore.Directory).Load(forWriting: true)));
        await TryAsync("salvage", store => Sync(() => Salvage(store)));
        foreach (string name in files.Keys.Where(n => n.EndsWith(".seg", StringComparison.Ordinal)))
        {
            await TryAsync($"dump of {name}", store => Sync(() =>
            {
                using Dumper dumper = Dumper.Open(store.Files, MemoryStore.Directory, name);
                return dumper.Lines().Count();
            }));
        }

        foreach (string name in files.Keys.Where(n => !n.EndsWith(".seg", StringComparison.Ordinal)))
        {
            await TryAsync($"state file {name}", async store => await SnapshotFile.LoadOnAsync(
                store.Files, MemoryStore.PathOf(name), null, default));
        }
    });

    private static int Salvage(MemoryStore store)
    {
        DirectoryLook look = DirectoryLook.Take(store.Files, MemoryStore.Directory);
        if (EngineSalvager.LooksLikeEngine(look))
        {
            using EngineSalvager engine = EngineSalvager.Open(look, null, default);
            return engine.Values.Read().Count() + engine.Findings.Count;
        }

        using Salvager log = Salvager.Open(look, null, default);
        return log.Read().Sum(group => group.Batches);
    }

    private Task OpenLogAsync(bool readOnly) => TryAsync(
        readOnly ? "log, read-only" : "log",
        async store =>
        {
            await using WriteAheadLog log =
                await store.OpenAsync(o => o with { ReadOnly = readOnly });
            ReadAll(log, log.FirstSequence);
            ReadAll(log, (log.FirstSequence + log.LastSequence) / 2);
            await log.FindSequenceAsync(ManualTime.Epoch);
            await log.FindSequenceAsync(DateTimeOffset.MaxValue);
            if (!readOnly)
            {
                log.Append(new byte[300]);
                await log.TruncateBeforeAsync(Math.Max(1, log.LastSequence - 1));
                log.Append(new byte[20_000]);
                await log.CloseAsync();
            }
        });

    private static void ReadAll(WriteAheadLog log, long from)
    {
        using LogReader reader = log.OpenReader(Math.Max(1, from), new LogReaderOptions());
        while (reader.TryRead(out StoredRecord record))
        {
            _ = record.Time;
        }
    }

    private Task OpenEngineAsync(bool readOnly) => TryAsync(
        readOnly ? "engine, read-only" : "engine",
        async store =>
        {
            await using EmbeddedEngine engine =
                await store.OpenEngineAsync(o => Options(o) with { ReadOnly = readOnly });
            await TryInsideAsync(() => ReadAllAsync(engine));
            _ = engine.Statistics;
            if (!readOnly)
            {
                await engine.GetKeyspace("k0").PutAsync(new byte[] { 1 }, new byte[100]);
                await engine.GetKeyspace("new").PutAsync(new byte[] { 1 }, new byte[7000]);
                await TryInsideAsync(async () => await engine.SnapshotAsync());
                await TryInsideAsync(async () => await engine.CompactAsync());
                await TryInsideAsync(async () => await engine.BackupAsync(Target));
                await engine.CloseAsync();
            }
        });

    private static StorageEngineOptions Options(StorageEngineOptions options) => options with
    {
        TestIndexChunkBytes = 64 << 10,
    };

    private static async Task ReadAllAsync(EmbeddedEngine engine)
    {
        foreach (string name in engine.ListKeyspaces())
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace(name);
            List<byte[]> keys = [];
            using (EmbeddedKeyScan scan = keyspace.Scan(new ScanRange { KeysOnly = true }))
            {
                while (scan.MoveNext())
                {
                    keys.Add(scan.Key.ToArray());
                }
            }

            foreach (byte[] key in keys)
            {
                await TryInsideAsync(async () => (await keyspace.GetAsync(key))?.Dispose());
            }
        }
    }

    private Task RestoreAsync() => TryAsync("restore", async store =>
        await Restorer.RunAsync(
            store.Environment, StoreKind.Engine, MemoryStore.Directory, Target, null, default));

    /// <summary>One part of a reader's work, after which it goes on.</summary>
    private static async Task TryInsideAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (IsTyped(error))
        {
            // Said where.
        }
    }

    private static Task Sync<T>(Func<T> work)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception? said = null;
        try
        {
            work();
        }
        catch (Exception error) when (IsTyped(error))
        {
            said = error;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated > MostBytes
            ? throw new InvalidOperationException($"{allocated} bytes were allocated", said)
            : Task.CompletedTask;
    }

    private async Task TryAsync(string reader, Func<MemoryStore, Task> work)
    {
        _reader = reader;
        _calls = 0;
        MemoryStore disk = HostileStore.Disk(files);
        HookedFileSystem hooks = new(disk.Files) { Before = (_, _) => Count() };
        MemoryStore store = new() { Environment = LogEnvironment.InMemory() with { Files = hooks } };
        try
        {
            await work(store);
        }
        catch (Exception error) when (IsTyped(error))
        {
            // Said where.
        }
    }

    private void Count()
    {
        if (Interlocked.Increment(ref _calls) > MostCalls)
        {
            throw new InvalidOperationException($"more than {MostCalls} calls were made");
        }
    }

    /// <summary>An exception that says what is wrong with a file, and in which.</summary>
    private static bool IsTyped(Exception error) => error switch
    {
        CorruptionException damage => IsPlace(damage.Path) && damage.Offset >= -1,
        StorageFaultedException { InnerException: { } cause } => IsTyped(cause),
        StorageIOException io => io.ErrorNumber == Errno.NotFound,
        IncompatibleFormatException or WrongStoreKindException or StorageNotFoundException
            or TruncatedException or RecordTooLargeException => true,

        // Where a forger has used up all ids, that is so.
        InvalidOperationException none =>
            none.Message.StartsWith("There are no ids left", StringComparison.Ordinal),
        _ => false,
    };

    private static bool IsPlace(string path) =>
        path.StartsWith(MemoryStore.Directory, StringComparison.Ordinal)
        || path.StartsWith(Target, StringComparison.Ordinal);
}
