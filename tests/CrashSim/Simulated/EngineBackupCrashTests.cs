using System.Text;
using LogEngine.Storage;
using LogEngine.Testing;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>The same of an engine whose values are overwritten, and compacted, meanwhile.</summary>
public sealed class EngineBackupCrashTests : BackupCrashTests<EmbeddedEngine>
{
    private static readonly StorageEngineOptions Options = SimulatedDisk.SmallEngine with
    {
        SnapshotBudgetBytes = StorageEngineOptions.DefaultSnapshotBudgetBytes,
        CompactionThreshold = 1,
    };

    private protected override StoreKind Kind => StoreKind.Engine;

    /// <summary>Each is opened, backed up, restored and read.</summary>
    private protected override int Every => 3;

    private protected override EmbeddedEngine Open(
        SimulatedMachine machine, string path, bool mayCreate) =>
        machine.OpenEngine(path, Options with { CreateIfMissing = mayCreate });

    private protected override Task CloseAsync(EmbeddedEngine store) => store.CloseAsync().AsTask();

    private protected override void Fill(SimulatedMachine machine, EmbeddedEngine store, int count)
    {
        EmbeddedKeyspace keyspace = store.GetKeyspace("k");
        for (int i = 0; i < count; i++)
        {
            int number = (int)store.VisibleSequence;
            machine.Wait(keyspace.PutAsync(
                Encoding.UTF8.GetBytes($"{number % 50:00}"),
                Payloads.Of(2500, number),
                i == count - 1 ? Durability.PowerLoss : Durability.ProcessCrash).AsTask());
        }
    }

    /// <summary>What has been overwritten goes, by way of snapshots and relocations.</summary>
    private protected override void Remove(SimulatedMachine machine, EmbeddedEngine store) =>
        machine.Wait(store.CompactAsync().AsTask());

    private protected override Task BackUpAsync(EmbeddedEngine store, string backup) =>
        store.BackupAsync(backup).AsTask();

    private protected override List<string> Contents(EmbeddedEngine store)
    {
        List<string> found = [];
        using EmbeddedKeyScan scan = store.GetKeyspace("k").Scan();
        while (scan.MoveNext())
        {
            found.Add(Convert.ToHexString(scan.Key) + Convert.ToHexString(scan.Value));
        }

        return found;
    }
}
