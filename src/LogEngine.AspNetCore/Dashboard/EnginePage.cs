using Microsoft.AspNetCore.Http;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What is shown of an engine, and how much of it.</summary>
/// <param name="Place">Where the dashboard is.</param>
/// <param name="Options">What it may do.</param>
/// <param name="Services">The services of the request.</param>
/// <param name="Shown">The engine and its state.</param>
/// <param name="Engine">The engine; open when the page was begun.</param>
/// <param name="Queue">The queue that is to be shown more closely; null for none.</param>
/// <param name="CountsAll">Keys are to be counted also where that is work.</param>
internal sealed record View(
    Place Place,
    LogEngineDashboardOptions Options,
    IServiceProvider Services,
    ShownEngine Shown,
    StorageEngine Engine,
    string? Queue,
    bool CountsAll)
{
    /// <summary>The engine by its own type, for what only that knows; null where it is another one.</summary>
    internal EmbeddedEngine? Embedded => Engine.GetService(typeof(EmbeddedEngine)) as EmbeddedEngine;

    internal DateTimeOffset Now => Engine.TimeProvider.GetUtcNow();
}

/// <summary>The page of an engine: sections, each of which may fail without the others.</summary>
internal static class EnginePage
{
    /// <summary>So long all that is read for a page may take; then it says what is missing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The page.</summary>
    internal static async Task<Html> MakeAsync(
        HttpContext context, Place place, LogEngineDashboardOptions options, ShownEngine shown)
    {
        Html html = new();
        html.Write($"""
            <div class="title"><h2>{new Name(shown.Name)}</h2>
            <p class="state {shown.Tone}" id="state" data-word="{shown.Word}">{shown.Word}</p></div>

            """);
        Outcome.Write(html, context.Request.Query);
        if (shown.Fault is { } fault)
        {
            html.Write($"""
                <p class="failed"><strong>It takes no more writes:</strong> {fault.Message}</p>

                """);
        }

        if (shown.Engine is not { } engine)
        {
            string why = shown.OpeningFailure is { } failure
                ? $"Opening it failed: {failure.Message}"
                : $"There is nothing to show while it is {shown.Word}.";
            html.Write($"<p class=\"{(shown.OpeningFailure is null ? "note" : "failed")}\">{why}</p>\n");
            return html;
        }

        View view = new(
            place,
            options,
            context.RequestServices,
            shown,
            engine,
            Query(context, "queue"),
            Query(context, "count") is not null);
        using CancellationTokenSource time =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        time.CancelAfter(Patience);
        await SectionsAsync(html, view, context.RequestAborted, time.Token).ConfigureAwait(false);
        return html;
    }

    /// <summary>A value of the query; null where there is none, or it is empty.</summary>
    internal static string? Query(HttpContext context, string key) =>
        context.Request.Query[key].ToString() is { Length: > 0 } value ? value : null;

    /// <summary>What went wrong, for who reads the page.</summary>
    internal static string Why(Exception error) => error switch
    {
        OperationCanceledException and not IUndeterminedWrite =>
            $"This was not there within {Patience.TotalSeconds:0} seconds.",
        ObjectDisposedException => "The engine has been closed meanwhile.",
        _ => error.Message,
    };

    private static async Task SectionsAsync(
        Html html, View view, CancellationToken aborted, CancellationToken time)
    {
        async Task WriteAsync(string id, string title, Func<Html, View, CancellationToken, Task> write)
        {
            html.Write($"<section aria-labelledby=\"{id}\"><h3 id=\"{id}\">{title}</h3>\n");
            Html part = new();
            try
            {
                // A look that does not end goes on writing to what nobody reads.
                await Task.Run(() => write(part, view, time), time).WaitAsync(time).ConfigureAwait(false);
                html.Write(part);
            }
#pragma warning disable CA1031 // Whatever an engine throws, the page stands, and says so.
            catch (Exception error) when (!aborted.IsCancellationRequested)
#pragma warning restore CA1031
            {
                html.Write($"<p class=\"failed\">{Why(error)}</p>\n");
            }

            html.Write($"</section>\n");
        }

        await WriteAsync("overview", "Overview", Overview.WriteAsync).ConfigureAwait(false);
        await WriteAsync("commits", "Commits", CommitsSection.WriteAsync).ConfigureAwait(false);
        await WriteAsync("queues", "Queues", QueuesSection.WriteAsync).ConfigureAwait(false);
        await WriteAsync("topics", "Topics", TopicsSection.WriteAsync).ConfigureAwait(false);
        if (view.Embedded is not null)
        {
            await WriteAsync("segments", "Segments", SegmentsSection.WriteAsync).ConfigureAwait(false);
            await WriteAsync("upkeep", "Snapshots and compaction", UpkeepSection.WriteAsync)
                .ConfigureAwait(false);
            await WriteAsync("recovery", "Recovery at the last opening", RecoverySection.WriteAsync)
                .ConfigureAwait(false);
        }

        await WriteAsync("keyspaces", "Keyspaces", KeyspacesSection.WriteAsync).ConfigureAwait(false);
    }
}
