using System.Globalization;
using LogEngine.Testing.Model;

namespace LogEngine.CrashSim.Processes;

/// <summary>An engine that a child process writes, and that is opened here after its end.</summary>
internal static class ChildEngine
{
    /// <summary>Writers, snapshots and compactions, until it is stopped or killed.</summary>
    internal static ChildWriter Start(string directory, IoMode mode, int run, int seed) =>
        ChildWriter.Start(
            directory,
            mode.ToString(),
            run.ToString(CultureInfo.InvariantCulture),
            seed.ToString(CultureInfo.InvariantCulture),
            "engine");

    /// <summary>Opens it without any work in the background, so that it can be read and judged.</summary>
    internal static async Task<EmbeddedEngine> OpenAsync(string directory, IoMode mode)
    {
        EmbeddedEngine engine = await StorageEngine.OpenAsync(directory, new StorageEngineOptions
        {
            IoMode = mode,
            SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
            GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
            SpareSegments = 1,
            SnapshotBudgetBytes = StorageEngineOptions.MaxSnapshotBudgetBytes,
            CompactionThreshold = 1,
        });

        // What a death has left of large values is removed right after opening, beside us. Where it
        // is not, or anything does not add up, the judging says what.
        for (int i = 0; i < 1000 && EngineAudit.Violation(engine, swept: true) is not null; i++)
        {
            await Task.Delay(5);
        }

        return engine;
    }

    /// <summary>
    /// Opens and judges it; it must go on working, and show the same when it is opened once more.
    /// </summary>
    internal static async Task CheckAsync(
        string directory, IoMode mode, EngineLines lines, Durability survives)
    {
        await using (EmbeddedEngine engine = await OpenAsync(directory, mode))
        {
            lines.Check(engine, survives);
            await engine.GetKeyspace("afterwards").PutAsync("key"u8.ToArray(), new byte[10]);
            await engine.DropKeyspaceAsync("afterwards");
            await engine.CompactAsync();
            await engine.CloseAsync();
        }

        await using EmbeddedEngine again = await OpenAsync(directory, mode);
        lines.Check(again, Durability.PowerLoss);
    }
}
