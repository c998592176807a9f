using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Maintenance;
using LogEngine.Recovery;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Running;

/// <summary>The parts of an open engine, put together; and how they end.</summary>
internal sealed class EngineLifetime
{
    private readonly Lock _closeGate = new();
    private Task? _closing;

    private EngineLifetime(
        LogEnvironment environment,
        string directory,
        StorageEngineOptions options,
        LogLifetime log,
        LoadedEngine loaded)
    {
        environment = environment with { Files = log.Directory };
        Log = log;
        State = loaded.State;
        Scheduler = environment.Scheduler;
        Values = new ValueReader(
            environment.Files, State, log.Writer.View.Directory, log.Writer.View.ReadsPastCache);
        Reads = new EngineReads(State, Values, environment.Scheduler, options.TimeProvider);
        Watches = new KeyWatches(environment, log.Writer.View, State, Reads);
        ILogger direct = LogCategories.Create(options.LoggerFactory, LogCategories.Engine);
        Logger = DetachedLogger.Of(direct, environment.Scheduler.Queue);
        SpaceReserve reserve = new(environment.Files, directory, log, Logger);
        Writer = EngineWriter.Of(
            log.Writer,
            State,
            options.TimeProvider,
            reserve,
            loaded.LastChunkSet);
        MaintainedEngine maintained = new()
        {
            Options = options,
            Environment = environment,
            Log = log.Writer,
            State = State,
            Store = log,
            Reserve = reserve,
            WaitForReaders = Reads.Gate.WaitForUsers,
            Logger = Logger,
        };
        Maintenance = new Maintainer(
            maintained,
            MaintenanceParts.Of(
                maintained, Writer.Chunks, loaded.Retained, loaded.OrphanedChunkSets));
        Tell(log.Report, direct);
        Maintenance.Start();
    }

    internal LogLifetime Log { get; }

    internal ILogger Logger { get; }

    internal CommittedIndex State { get; }

    internal ValueReader Values { get; }

    internal EngineWriter Writer { get; }

    internal Maintainer Maintenance { get; }

    internal IScheduler Scheduler { get; }

    /// <summary>Closed before what they read from is freed.</summary>
    internal EngineReads Reads { get; }

    /// <summary>Begins watches.</summary>
    internal KeyWatches Watches { get; }

    internal static async Task<EngineLifetime> OpenAsync(
        LogEnvironment environment,
        string directory,
        StorageEngineOptions options,
        CancellationToken cancellationToken)
    {
        EngineLoader loader = new(environment, options);
        try
        {
            LogLifetime log = await LogLifetime.OpenAsync(
                environment, directory, options.ToLogOptions(), loader, cancellationToken)
                .ConfigureAwait(false);
            return new EngineLifetime(environment, directory, options, log, loader.Loaded);
        }
        catch
        {
            loader.Dispose();
            throw;
        }
    }

    /// <summary>Opens where nobody else can be, without waiting.</summary>
    internal static EngineLifetime Open(
        LogEnvironment environment, string directory, StorageEngineOptions options)
    {
        EngineLoader loader = new(environment, options);
        LogLifetime log = LogLifetime.OpenAlone(
            environment, directory, options.ToLogOptions(), loader);
        return new EngineLifetime(environment, directory, options, log, loader.Loaded);
    }

    internal Task CloseAsync()
    {
        lock (_closeGate)
        {
            return _closing ??=
                Scheduler.Run(CloseOnceAsync, CancellationToken.None).Unwrap();
        }
    }

    internal EmbeddedStatistics TakeStatistics() =>
        WhatIsRead.Take(Log.Writer.Statistics, State, Reads, Values) with
        {
            OpenWatches = State.Watches.Count,
            OldestWatchSequence = State.Watches.OldestSequence,
            SnapshotSequence = Maintenance.Snapshots.Newest.Sequence,
            SnapshotsWritten = Maintenance.Snapshots.Written,
            RelocatedBytes = Maintenance.RelocatedBytes,
            SegmentsFreed = Maintenance.SegmentsFreed,
            MaintenanceFailure = Maintenance.Failure,
        };

    private void Tell(RecoveryReport report, ILogger direct)
    {
        LogEvents.IndexLoaded(
            direct, State.Facts.Keys, report.SnapshotSequence, report.ReplayedRecords);
        foreach (string skipped in report.SkippedSnapshots)
        {
            LogEvents.SnapshotSkipped(direct, skipped);
        }
    }

    private async Task CloseOnceAsync()
    {
        await Maintenance.StopAsync().ConfigureAwait(false);
        await Scheduler.Until(DetachedLogger.DrainAsync(Logger)).ConfigureAwait(false);
        try
        {
            await Log.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            // Nobody commits any more; whoever still reads is let finish.
            Reads.Gate.Close();
            Values.Dispose();
            State.Dispose();
        }
    }
}
