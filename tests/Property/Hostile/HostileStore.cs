using LogEngine.Storage;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Recovery;

namespace LogEngine.Properties.Hostile;

/// <summary>A sound directory to begin with: its files, and what stands where in each.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Kind">What its manifest says.</param>
/// <param name="Files">Bytes by name.</param>
/// <param name="Structures">What has a checksum, by name.</param>
internal sealed record HostileStore(
    string Name,
    StoreKind Kind,
    SortedDictionary<string, byte[]> Files,
    Dictionary<string, List<Structure>> Structures)
{
    private const string Backup = "/backup";

    /// <summary>A closed log, a killed one, an engine of both kinds, and a backup.</summary>
    internal static async Task<List<HostileStore>> MakeAllAsync()
    {
        List<HostileStore> all = [];
        MemoryStore logs = new();
        await using (WriteAheadLog log = await logs.OpenAsync())
        {
            for (int i = 0; i < 40; i++)
            {
                log.Append(new byte[i * 97 % 3000]);
            }

            LogBatch batch = new();
            batch.Add([1, 2, 3]);
            batch.Add(new byte[200]);
            await log.AppendBatchAsync(batch);
            await log.TruncateBeforeAsync(5);
            all.Add(Of("killed log", StoreKind.Log, logs.Copy()));
        }

        all.Add(Of("closed log", StoreKind.Log, logs));
        MemoryStore engines = new();
        await using (EmbeddedEngine engine = await engines.OpenEngineAsync())
        {
            await FillAsync(engine);
            all.Add(Of("killed engine", StoreKind.Engine, engines.Copy()));
            await engine.BackupAsync(Backup);
            all.Add(Of("backup", StoreKind.Backup, engines, Backup));
        }

        all.Add(Of("closed engine", StoreKind.Engine, engines));
        return all;
    }

    /// <summary>The files as a disk in memory.</summary>
    internal static MemoryStore Disk(IReadOnlyDictionary<string, byte[]> files)
    {
        MemoryStore disk = new();
        disk.Files.CreateDirectory(MemoryStore.Directory);
        foreach ((string name, byte[] bytes) in files)
        {
            disk.Write(name, bytes);
        }

        return disk;
    }

    private static async Task FillAsync(EmbeddedEngine engine)
    {
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 60; i++)
            {
                await engine.GetKeyspace($"k{i % 3}").PutAsync(
                    SmallEngine.Bytes($"key-{i % 20}-of-some-length"),
                    new byte[i * 13 % 700],
                    Durability.ProcessCrash);
            }

            await engine.GetKeyspace("large").PutAsync(new byte[] { (byte)round }, new byte[5000]);
            await engine.GetKeyspace("large").TouchAsync(
                new byte[] { (byte)round }, DateTimeOffset.MaxValue);
            await engine.GetKeyspace("gone").PutAsync(new byte[] { 1 }, new byte[10]);
            await engine.GetKeyspace("k0").PutAsync(
                new byte[] { 9 }, new byte[9], Durability.PowerLoss, ManualTime.Epoch.AddYears(50));
            await engine.GetKeyspace("k1").DeleteRangeAsync(
                new byte[] { 1 }, new byte[] { 2 });
            await engine.DropKeyspaceAsync("gone");
            if (round == 1)
            {
                await engine.CompactAsync();
            }

            await engine.SnapshotAsync();
        }

        await engine.GetKeyspace("k2").PutAsync(new byte[] { 7 }, new byte[70]);
    }

    private static HostileStore Of(
        string name, StoreKind kind, MemoryStore store, string? from = null)
    {
        string directory = from ?? MemoryStore.Directory;
        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal);
        Dictionary<string, List<Structure>> structures = [];
        foreach (string file in store.Files.ListFiles(directory))
        {
            using IStorageFile open = store.Files.Open(
                Path.Combine(directory, file), OpenFlags.Read);
            byte[] bytes = new byte[open.GetLength()];
            open.Read(bytes, 0);
            files.Add(file, bytes);
            structures.Add(file, Structure.FindAll(bytes));
        }

        return new HostileStore(name, kind, files, structures);
    }
}
