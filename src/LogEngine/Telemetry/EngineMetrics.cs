namespace LogEngine.Telemetry;

/// <summary>Instruments of open engines.</summary>
internal static class EngineMetrics
{
    /// <summary>The engine's directory.</summary>
    internal const string DirectoryTag = "logengine.directory";

    private static readonly Observed<EmbeddedStatistics> Engines = Create();

    /// <summary>Whether each is faulted, and what holds it up if anything does.</summary>
    private static readonly Observed<EngineState> States = CreateStates();

    internal static void Enter(
        object engine, string directory, Func<EmbeddedStatistics> ask, Func<bool> isFaulted)
    {
        KeyValuePair<string, object?> tag = new(DirectoryTag, directory);
        Engines.Enter(engine, ask, tag);
        States.Enter(
            engine, () => new EngineState(isFaulted(), ask().MaintenanceFailure is not null), tag);
    }

    internal static void Leave(object engine)
    {
        Engines.Leave(engine);
        States.Leave(engine);
    }

    private static Observed<EngineState> CreateStates()
    {
        Observed<EngineState> o = new();
        o.UpDown(
            "logengine.engine.state",
            "{engine}",
            "Engines by their state: 1 for the one that it is in.",
            "logengine.engine.state",
            ("healthy", s => s is { IsFaulted: false, IsDegraded: false } ? 1 : 0),
            ("degraded", s => s is { IsFaulted: false, IsDegraded: true } ? 1 : 0),
            ("faulted", s => s.IsFaulted ? 1 : 0));
        return o;
    }

    private static Observed<EmbeddedStatistics> Create()
    {
        Observed<EmbeddedStatistics> o = new();
        o.Counter("logengine.log.records", "{record}", "Records given a sequence.",
            s => s.Log.RecordsAppended);
        o.Counter("logengine.log.payload", "By", "Payload bytes of those records.",
            s => s.Log.PayloadBytes);
        o.Counter("logengine.log.groups", "{group}", "Commits written.", s => s.Log.GroupsWritten);
        o.Counter("logengine.log.written", "By", "Bytes written by commits, padding included.",
            s => s.Log.BytesWritten);
        o.Counter("logengine.log.syncs", "{sync}", "Syncs, and writes that carry one.",
            s => s.Log.Syncs);
        o.Counter("logengine.log.back_pressure", "{append}", "Appends that waited for room.",
            s => s.Log.BackPressureWaits);
        o.UpDown("logengine.log.segments", "{segment}", "Live segments.", s => s.Log.Segments);
        o.UpDown("logengine.engine.keys", "{key}", "Keys in all keyspaces.", s => s.Keys);
        o.UpDown("logengine.engine.index.memory", "By", "Native memory of the index.",
            s => s.IndexBytes);
        o.UpDown("logengine.engine.segment.size", "By", "Bytes of records in segments.",
            s => s.SegmentBytes);
        o.UpDown("logengine.engine.segment.live", "By", "Bytes of records that the index points at.",
            s => s.LiveBytes);
        o.UpDown("logengine.engine.views", "{view}", "Read views that are open.", s => s.OpenViews);
        o.Counter("logengine.engine.cache.hits", "{read}", "Values read from the cache.",
            s => s.CacheHits);
        o.Counter("logengine.engine.file.reads", "{read}", "Values read from files.",
            s => s.FileReads);
        o.Counter("logengine.engine.snapshots", "{snapshot}", "Snapshots written.",
            s => s.SnapshotsWritten);
        o.Counter("logengine.engine.compaction.written", "By", "Bytes written by compaction.",
            s => s.RelocatedBytes);
        o.Counter("logengine.engine.compaction.freed", "{segment}", "Segments freed.",
            s => s.SegmentsFreed);
        return o;
    }

    private sealed record EngineState(bool IsFaulted, bool IsDegraded);
}
