using LogEngine.Storage;
using LogEngine.Testing;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>The same of a log that is truncated meanwhile.</summary>
public sealed class LogBackupCrashTests : BackupCrashTests<WriteAheadLog>
{
    private protected override StoreKind Kind => StoreKind.Log;

    private protected override WriteAheadLog Open(
        SimulatedMachine machine, string path, bool mayCreate) =>
        machine.Open(path, SimulatedDisk.SmallLog with { CreateIfMissing = mayCreate });

    private protected override Task CloseAsync(WriteAheadLog store) => store.CloseAsync().AsTask();

    private protected override void Fill(SimulatedMachine machine, WriteAheadLog store, int count)
    {
        for (int i = 0; i < count; i++)
        {
            machine.Wait(store.AppendAsync(
                Payloads.Of(2500, (int)store.LastSequence),
                i == count - 1 ? Durability.PowerLoss : Durability.ProcessCrash).AsTask());
        }
    }

    private protected override void Remove(SimulatedMachine machine, WriteAheadLog store) =>
        machine.Wait(store.TruncateBeforeAsync(store.LastSequence / 2).AsTask());

    private protected override Task BackUpAsync(WriteAheadLog store, string backup) =>
        store.BackupAsync(backup).AsTask();

    private protected override List<string> Contents(WriteAheadLog store)
    {
        List<string> found = [];
        using LogReader reader = store.OpenReader(store.FirstSequence);
        while (reader.TryRead(out StoredRecord record))
        {
            found.Add($"{record.Sequence} {Convert.ToHexString(record.Payload)}");
        }

        return found;
    }
}
