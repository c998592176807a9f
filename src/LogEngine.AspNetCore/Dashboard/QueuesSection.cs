using LogEngine.Stores.Queues;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>The queues of an engine, and their dead letters.</summary>
internal static class QueuesSection
{
    private const int Most = 50;
    private const int MostLetters = 10;
    private const int MostLettersOfOne = 100;

    internal static async Task WriteAsync(Html html, View view, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names;
        try
        {
            names = await view.Engine.ListQueuesAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NotSupportedException)
        {
            html.Write($"<p class=\"note\">Engines of this type have no queues.</p>\n");
            return;
        }

        if (names.Count == 0)
        {
            html.Write($"<p class=\"note\">There is none yet.</p>\n");
            return;
        }

        // The one that was asked for is shown, however many there are.
        string[] shown = [.. names.OrderByDescending(name => name == view.Queue).Take(Most)];
        Html letters = new();
        html.BeginTable(
            "Queues, by name", "Queue", "Ready", "Oldest", "Leased", "Scheduled", "Held back", "Dead", "Size");
        foreach (string name in shown)
        {
            bool isAsked = name == view.Queue;
            bool isThere = await view.Engine.TryUseQueueAsync(
                name,
                evenIfClosed: isAsked,
                queue => WriteAsync(html, letters, view, queue, cancellationToken),
                cancellationToken).ConfigureAwait(false);
            if (!isThere)
            {
                html.Write($"""
                    <tr><th scope="row">{new Name(name)}</th><td colspan="7">not open in this process
                    (<a href="{AddressOf(view, name)}">look into it</a>)</td></tr>

                    """);
            }
        }

        html.EndTable();
        if (names.Count > Most)
        {
            html.Write($"<p class=\"note\">{names.Count - Most} more are not shown.</p>\n");
        }

        html.Write(letters);
    }

    private static async ValueTask WriteAsync(
        Html html, Html letters, View view, DurableQueue queue, CancellationToken cancellationToken)
    {
        QueueStatistics now = await queue.GetStatisticsAsync(cancellationToken).ConfigureAwait(false);
        DateTimeOffset? oldest = now.Ready > 0
            ? await queue.GetOldestReadyAsync(cancellationToken).ConfigureAwait(false)
            : null;
        html.Write($"""
            <tr><th scope="row"><a href="{AddressOf(view, queue.Name)}">{new Name(queue.Name)}</a></th>
            <td>{now.Ready}</td><td>{Shown.Age(oldest, view.Now)}</td><td>{now.Leased}</td><td>{now.Scheduled}</td>
            <td>{now.HeldBack}</td><td>{now.Dead}</td><td>{Shown.Bytes(now.Bytes)}</td></tr>

            """);
        if (now.Dead > 0)
        {
            await WriteLettersAsync(letters, view, queue, now.Dead, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WriteLettersAsync(
        Html html, View view, DurableQueue queue, long dead, CancellationToken cancellationToken)
    {
        bool isAsked = queue.Name == view.Queue;
        html.Write($"""
            <details{(isAsked ? " open" : "")}><summary>{Shown.Count(dead, "dead letter", "dead letters")} of {new Name(queue.Name)}</summary>

            """);
        if (view.Options.AllowActions)
        {
            html.Write($"<p class=\"acts\">");
            WriteAct(html, view, queue.Name, LetterAct.ReplayAll, null);
            WriteAct(html, view, queue.Name, LetterAct.DiscardAll, null);
            html.Write($"</p>\n");
        }

        html.BeginTable(
            "Dead letters, by id",
            view.Options.AllowActions
                ? ["Id", "Reason", "Died", "Deliveries", "Group", "Size", "What to do"]
                : ["Id", "Reason", "Died", "Deliveries", "Group", "Size"]);
        int left = isAsked ? MostLettersOfOne : MostLetters;
        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (left-- == 0)
            {
                break;
            }

            Write(html, view, queue.Name, letter);
        }

        html.EndTable();
        if (left < 0)
        {
            html.Write($"<p class=\"note\">Only the first are shown.");
            if (!isAsked)
            {
                html.Write($" <a href=\"{AddressOf(view, queue.Name)}\">Show more</a>");
            }

            html.Write($"</p>\n");
        }

        html.Write($"</details>\n");
    }

    private static void Write(Html html, View view, string queue, DeadLetter letter)
    {
        html.Write($"<tr><th scope=\"row\">{letter.Id}</th><td class=\"text\">{letter.Reason}");
        if (letter.Unreadable is { } why)
        {
            html.Write($" <span class=\"failed\">It cannot be read: {why}</span>");
        }

        html.Write($"</td><td>{letter.DiedAt}</td><td>{letter.DeliveryCount}</td><td>");
        if (letter.GroupId is { } group)
        {
            html.Write($"{new Name(group)}");
        }

        html.Write($"</td><td>{Shown.Bytes(letter.Body.Length)}</td>");
        if (view.Options.AllowActions)
        {
            html.Write($"<td class=\"acts\">");
            if (letter.Unreadable is null)
            {
                WriteAct(html, view, queue, LetterAct.Replay, letter.Id);
            }

            WriteAct(html, view, queue, LetterAct.Discard, letter.Id);
            html.Write($"</td>");
        }

        html.Write($"</tr>\n");
    }

    private static void WriteAct(Html html, View view, string queue, LetterAct act, long? id)
    {
        string address = act.AddressOf(view.Place, Place.Confirm, view.Shown.Name, queue, id);
        html.Write($"<a class=\"act\" href=\"{address}\">{act.Verb}</a> ");
    }

    private static string AddressOf(View view, string queue) =>
        view.Place.To("", ("engine", view.Shown.Name), ("queue", queue)) + "#queues";
}
