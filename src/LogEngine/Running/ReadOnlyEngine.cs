using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Recovery;

namespace LogEngine.Running;

/// <summary>
/// An engine seen from outside, as of one moment: beside a live writer, on a directory that nobody
/// writes, or in a backup. It takes no part in LOCK and changes nothing.
/// </summary>
/// <remarks>
/// It holds READERS shared, so no file it may be in is recycled, and it opens the segments that it
/// shows: those stay readable when the writer frees them.
/// </remarks>
internal sealed class ReadOnlyEngine : IDisposable
{
    private readonly ReadOnlyLog _log;
    private int _closed;

    private ReadOnlyEngine(
        LogEnvironment environment,
        StorageEngineOptions options,
        ReadOnlyLog log,
        CommittedIndex state)
    {
        _log = log;
        State = state;
        Values = new ValueReader(log.Files, State, log.View.Directory, direct: true);
        Reads = new EngineReads(State, Values, environment.Scheduler, options.TimeProvider);
    }

    internal CommittedIndex State { get; }

    internal ValueReader Values { get; }

    internal EngineReads Reads { get; }

    internal RecoveryReport Report => _log.Report;

    internal static ReadOnlyEngine Open(
        LogEnvironment environment, string directory, StorageEngineOptions options) =>
        StillLook.Take(
            environment.Files,
            directory,
            writer => OpenOnce(environment, directory, options, writer),
            static engine => !engine._log.BesideWriter);

    internal EmbeddedStatistics TakeStatistics() =>
        WhatIsRead.Take(_log.Statistics, State, Reads, Values) with
        {
            SnapshotSequence = Report.SnapshotSequence,
        };

    /// <summary>Whoever still reads is let finish. Idempotent.</summary>
    internal void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        Reads.Gate.Close();
        Values.Dispose();
        State.Dispose();
        _log.Dispose();
    }

    void IDisposable.Dispose() => Close();

    private static ReadOnlyEngine OpenOnce(
        LogEnvironment environment, string directory, StorageEngineOptions options, bool? writer)
    {
        EngineLoader loader = new(environment, options);
        ReadOnlyLog? log = null;
        ReadOnlyEngine? engine = null;
        try
        {
            log = ReadOnlyLog.OpenOnce(
                environment, directory, options.ToLogOptions(), loader, writer);
            engine = new ReadOnlyEngine(environment, options, log, loader.Loaded.State);
            engine.Values.OpenAll();
            return engine;
        }
        catch
        {
            engine?.Values.Dispose();
            loader.Dispose();
            log?.Dispose();
            throw;
        }
    }
}
