using LogEngine.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>How an engine is, and what it holds.</summary>
internal static class Overview
{
    internal static async Task WriteAsync(Html html, View view, CancellationToken cancellationToken)
    {
        if (view.Shown.IsRegistered)
        {
            await WriteHealthAsync(html, view, cancellationToken).ConfigureAwait(false);
        }
        else if (view.Engine.Degradation is { } degradation)
        {
            html.Write($"<p class=\"failed\">{degradation}</p>\n");
        }

        html.Write($"<dl class=\"facts\">\n");
        if (view.Embedded is { } embedded)
        {
            WriteEmbedded(html, embedded);
        }
        else
        {
            WriteOther(html, view.Engine);
        }

        html.Fact("Default durability", view.Engine.DefaultDurability.ToString());
        if (view.Engine.StoreId is { } id)
        {
            html.Fact("Store", id.ToString());
        }

        html.Write($"</dl>\n");
    }

    /// <summary>By the health check of the application's engines, which knows of queue processors too.</summary>
    private static async Task WriteHealthAsync(
        Html html, View view, CancellationToken cancellationToken)
    {
        HealthCheckRegistration registration = LogEngineHealth.Registration(view.Shown.Name);
        HealthCheckResult health = await registration.Factory(view.Services).CheckHealthAsync(
            new HealthCheckContext { Registration = registration }, cancellationToken).ConfigureAwait(false);
        (string tone, string word) = health.Status switch
        {
            HealthStatus.Healthy => ("good", "healthy"),
            HealthStatus.Degraded => ("warn", "degraded"),
            _ => ("bad", "unhealthy"),
        };

        // A fault stands above already.
        string? why = view.Shown.Fault is null ? health.Description : null;
        html.Write($"<p><span class=\"state {tone}\">{word}</span> {why}</p>\n");
    }

    private static void WriteEmbedded(Html html, EmbeddedEngine engine)
    {
        EmbeddedStatistics now = engine.Statistics;
        html.Fact("Directory", engine.Recovery.Directory);
        html.Fact("Keys", now.Keys);
        html.Fact("Live data", Shown.Bytes(now.LiveBytes));
        html.Fact("In segments", Shown.Bytes(now.SegmentBytes));
        html.Fact("Memory of the index", Shown.Bytes(now.IndexBytes));
        html.Fact(
            "Reads from the cache",
            now.CacheHits + now.FileReads is var reads and > 0
                ? $"{Shown.Share(now.CacheHits, reads)} of {Shown.Count(reads, "read", "reads")}"
                : "nothing was read yet");
        html.Fact("Visible sequence", engine.VisibleSequence);
        html.Fact("Durable sequence", engine.DurableSequence);
        html.Fact("Open views", now.OldestViewSequence is { } view
            ? $"{now.OpenViews}, the oldest as of sequence {view}"
            : "none");
        html.Fact("Watches", now.OldestWatchSequence is { } watch
            ? $"{now.OpenWatches}, the slowest at sequence {watch}"
            : "none");
    }

    private static void WriteOther(Html html, StorageEngine engine)
    {
        EngineCapabilities able = engine.Capabilities;
        html.Fact("Kind", engine.GetType().Name);
        html.Fact("Used by", able.IsShared ? "any number of processes" : "this process");
        html.Fact("Survives the loss of a machine", able.SurvivesMachineLoss ? "yes" : "no");
        html.Fact("Leases outlive their process", able.LeasesOutliveProcess ? "yes" : "no");
    }
}
