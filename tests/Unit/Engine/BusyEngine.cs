using System.Buffers.Binary;

namespace LogEngine.Unit.Engine;

/// <summary>
/// Engines that write snapshots, compact and free all the time, with numbers as keys and values.
/// </summary>
internal static class BusyEngine
{
    internal static StorageEngineOptions Options { get; } = SmallEngine.Options with
    {
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
        CompactionThreshold = StorageEngineOptions.DefaultCompactionThreshold,
        CompactionBytesPerSecond = long.MaxValue,
        CacheBytes = 256 << 10,
    };

    internal static byte[] Number(long number)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    internal static long Number(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadInt64BigEndian(bytes);

    /// <summary>Compacts again and again until it is told to stop; gives how often.</summary>
    internal static async Task<int> CompactUntilAsync(EmbeddedEngine engine, Task end)
    {
        int times = 0;
        while (!end.IsCompleted)
        {
            await engine.CompactAsync();
            await engine.SnapshotAsync();
            times++;
        }

        return times;
    }

    /// <summary>All of them; the first failure at once.</summary>
    internal static async Task AllSoonAsync(IEnumerable<Task> tasks)
    {
        List<Task> left = [.. tasks];
        while (left.Count > 0)
        {
            Task done = await Task.WhenAny(left).WaitAsync(TimeSpan.FromSeconds(60));
            left.Remove(done);
            await done;
        }
    }
}
