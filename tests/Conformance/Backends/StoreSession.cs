using LogEngine.Storage;

namespace LogEngine.Conformance.Backends;

/// <summary>An embedded engine on some backend, as long as one case runs.</summary>
internal abstract class StoreSession : ConformanceSession
{
    /// <summary>
    /// Small files, small groups, and no cache: what is read comes from files. Compaction runs
    /// where a case asks for it: in the background it would move what a case is about to damage.
    /// </summary>
    protected static StorageEngineOptions Options { get; } = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 0,
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
        CompactionThreshold = 1,
    };

    /// <summary>The engine by its own type: of cases that are about more than the contract.</summary>
    internal EmbeddedEngine Embedded => (EmbeddedEngine)Engine;

    protected abstract IFileSystem Files { get; }

    protected abstract string Directory { get; }

    /// <summary>
    /// Flips a bit of these bytes wherever a segment holds them. A snapshot and a reopening come
    /// first, so that recovery does not read them any more.
    /// </summary>
    internal async Task DamageAsync(byte[] bytes)
    {
        await Embedded.SnapshotAsync();
        await StepAsync();
        int found = 0;
        foreach (string name in Files.ListFiles(Directory))
        {
            if (!name.EndsWith(".seg", StringComparison.Ordinal))
            {
                continue;
            }

            using IStorageFile file = Files.Open(Path.Combine(Directory, name), OpenFlags.Write);
            byte[] content = new byte[file.GetLength()];
            file.Read(content, 0);
            for (int at = content.AsSpan().IndexOf(bytes); at >= 0;)
            {
                file.Write([(byte)(bytes[0] ^ 0x10)], at, dataSync: true);
                found++;
                int next = content.AsSpan(at + 1).IndexOf(bytes);
                at = next < 0 ? -1 : at + 1 + next;
            }
        }

        Assert.True(found > 0, "the bytes to damage are in no segment");
    }
}
