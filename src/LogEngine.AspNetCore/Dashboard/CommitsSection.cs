namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What was committed; and, with scripts, what is being committed.</summary>
internal static class CommitsSection
{
    internal static Task WriteAsync(Html html, View view, CancellationToken cancellationToken)
    {
        if (view.Engine.Commits is not { } commits)
        {
            html.Write($"<p class=\"note\">This engine does not count its commits, or is open read-only.</p>\n");
            return Task.CompletedTask;
        }

        // Shown by the script, which fills them and hides what is said without it.
        string live = view.Place.To(Place.Live, ("engine", view.Shown.Name));
        html.Write($"""
            <div id="plots" data-live="{live}" hidden>
            <div class="plots">
            <figure data-plot="rate"><figcaption>Commits per second</figcaption></figure>
            <figure data-plot="size"><figcaption>Writes in a commit</figcaption></figure>
            <figure data-plot="latency"><figcaption>Milliseconds of a sync</figcaption></figure>
            </div>
            <p><button type="button" id="pause">Pause</button> <span id="live" role="status"></span></p>
            </div>
            <p class="note" id="unscripted">The plots need scripts; everything else here does not.</p>
            <dl class="facts">

            """);
        html.Fact("Commits since opening", commits.Groups);
        html.Fact("Writes in them", commits.Writes);
        html.Fact("Syncs", commits.Syncs);
        html.Fact(
            "Mean time of a sync",
            commits.Syncs == 0 ? "–" : Shown.Duration(commits.SyncTime / commits.Syncs));
        if (view.Embedded is { } embedded)
        {
            LogStatistics log = embedded.Statistics.Log;
            html.Fact("Written", Shown.Bytes(log.BytesWritten));
            html.Fact("Payload of that", Shown.Share(log.PayloadBytes, log.BytesWritten));
            html.Fact("Writes that waited for room", log.BackPressureWaits);
        }

        html.Write($"</dl>\n");
        return Task.CompletedTask;
    }
}
