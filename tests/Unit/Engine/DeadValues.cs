using LogEngine.Testing;

namespace LogEngine.Unit.Engine;

/// <summary>Engines that hold much that is dead.</summary>
internal static class DeadValues
{
    /// <summary>A few keys, overwritten again and again, and one that stays.</summary>
    internal static async Task OverwriteAsync(EmbeddedKeyspace keyspace)
    {
        await keyspace.PutAsync(new byte[] { 200 }, new byte[100]);
        for (int i = 0; i < 40; i++)
        {
            await keyspace.PutAsync(new[] { (byte)(i % 4) }, new byte[8000]);
        }
    }

    /// <summary>Writes until the disk is full and then removes everything; now there is space.</summary>
    internal static void FillDiskAndEmpty(SimulatedDisk disk, EmbeddedKeyspace keyspace)
    {
        disk.Run(() => OverwriteAsync(keyspace));
        disk.CapacityBytes = 1 << 20;
        disk.Run(async () =>
        {
            for (byte key = 0; ; key++)
            {
                try
                {
                    await keyspace.PutAsync(new[] { key }, new byte[12_000]);
                }
                catch (StorageFullException)
                {
                    await keyspace.DeleteRangeAsync(default, default);
                    break;
                }
            }
        });
        disk.CapacityBytes = 1 << 30;
    }
}
