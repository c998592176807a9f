using System.Text;

namespace LogEngine.Unit.Engine;

/// <summary>Engines with the smallest segments, groups and budgets, and text keys.</summary>
internal static class SmallEngine
{
    internal static StorageEngineOptions Options { get; } = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 1 << 20,
        SnapshotBudgetBytes = StorageEngineOptions.MaxSnapshotBudgetBytes,
        CompactionThreshold = 1,
    };

    internal static ValueTask<EmbeddedEngine> OpenAsync(
        string path, Func<StorageEngineOptions, StorageEngineOptions>? change = null) =>
        StorageEngine.OpenAsync(path, change is null ? Options : change(Options));

    /// <summary>Length of all files; the engine may remove some meanwhile.</summary>
    internal static long BytesOnDisk(string path) => Directory.GetFiles(path)
        .Select(file => new FileInfo(file))
        .Sum(file => file.Exists ? file.Length : 0);

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static async Task<string?> TextAsync(this EmbeddedKeyspace keyspace, string key)
    {
        using StoredValue? value = await keyspace.GetAsync(Bytes(key)).Soon();
        return value is null ? null : Encoding.UTF8.GetString(value.Memory.Span);
    }

    internal static Task<long> PutTextAsync(
        this EmbeddedKeyspace keyspace,
        string key,
        string value,
        Durability durability = Durability.ProcessCrash) =>
        keyspace.PutAsync(Bytes(key), Bytes(value), durability).Soon();

    internal static List<(string Key, string Value)> Contents(
        this EmbeddedKeyspace keyspace, ScanRange range = default)
    {
        List<(string, string)> found = [];
        using EmbeddedKeyScan scan = keyspace.Scan(range);
        while (scan.MoveNext())
        {
            found.Add((Encoding.UTF8.GetString(scan.Key), Encoding.UTF8.GetString(scan.Value)));
        }

        return found;
    }
}
