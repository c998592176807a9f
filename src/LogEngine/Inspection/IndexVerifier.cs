using LogEngine.Log;
using LogEngine.Running;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>Opens an engine as a reader does, and holds its index to the log.</summary>
/// <remarks>
/// Of what is whole byte for byte: only then is there something to compare with. It takes the memory
/// that two indexes take.
/// </remarks>
internal static class IndexVerifier
{
    internal static void Run(IFileSystem files, string directory, VerifyTally tally)
    {
        StorageEngineOptions options = new()
        {
            ReadOnly = true,
            CheckIndex = true,
            CacheBytes = 0,
        };
        try
        {
            ReadOnlyEngine engine = ReadOnlyEngine.Open(
                LogEnvironment.Real with { Files = files }, directory, options);
            foreach (string skipped in engine.Report.SkippedSnapshots)
            {
                tally.Corruption(directory, -1, skipped);
            }

            engine.Close();
        }
        catch (CorruptionException damage)
        {
            tally.Corruption(damage.Path, damage.Offset, damage.Reason);
        }
    }
}
