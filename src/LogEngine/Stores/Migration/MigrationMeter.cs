using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Stores.Migration;

/// <summary>Counts what a migration does, and tells it.</summary>
internal sealed class MigrationMeter(IProgress<MigrationProgress>? progress, ILoggerFactory loggers)
{
    private const int Interval = 1000;

    private readonly IProgress<MigrationProgress>? _progress =
        GuardedProgress<MigrationProgress>.Of(progress, loggers);

    private long _compared;
    private long _comparedBytes;

    internal long Copied { get; private set; }

    internal long CopiedBytes { get; private set; }

    internal long Removed { get; private set; }

    internal void AddRemoved() => Removed++;

    internal void AddCopied(long keys, long bytes)
    {
        Copied += keys;
        CopiedBytes += bytes;
    }

    internal void Tell(MigrationStep step, string keyspace) =>
        _progress?.Report(new MigrationProgress(step, keyspace, Copied, CopiedBytes));

    internal void AddCompared(string keyspace, long bytes)
    {
        _comparedBytes += bytes;
        if (++_compared % Interval == 0)
        {
            TellCompared(keyspace);
        }
    }

    internal void TellCompared(string keyspace) => _progress?.Report(
        new MigrationProgress(MigrationStep.Verifying, keyspace, _compared, _comparedBytes));
}
