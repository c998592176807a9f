using LogEngine.Stores.Topics;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>The topics of an engine, and where their groups stand.</summary>
internal static class TopicsSection
{
    private const int Most = 50;

    internal static async Task WriteAsync(Html html, View view, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> names = await view.Engine.ListTopicsAsync(cancellationToken).ConfigureAwait(false);
        if (names.Count == 0)
        {
            html.Write($"<p class=\"note\">There is none yet.</p>\n");
            return;
        }

        html.BeginTable("Topics, by name", "Topic", "Records", "Group", "Cursor", "Lag");
        foreach (string name in names.Take(Most))
        {
            // Options are each object's own, and nothing is removed by looking.
            Topic topic = await view.Engine.OpenTopicAsync(name, null, cancellationToken).ConfigureAwait(false);
            await using (topic.ConfigureAwait(false))
            {
                await WriteAsync(html, topic, cancellationToken).ConfigureAwait(false);
            }
        }

        html.EndTable();
        if (names.Count > Most)
        {
            html.Write($"<p class=\"note\">{names.Count - Most} more are not shown.</p>\n");
        }
    }

    private static async Task WriteAsync(Html html, Topic topic, CancellationToken cancellationToken)
    {
        long first = await topic.GetFirstOffsetAsync(cancellationToken).ConfigureAwait(false);
        long next = await topic.GetNextOffsetAsync(cancellationToken).ConfigureAwait(false);
        IReadOnlyList<GroupStatus> groups = await topic.ListGroupsAsync(cancellationToken).ConfigureAwait(false);
        int rows = Math.Max(1, groups.Count);
        html.Write($"""
            <tr><th scope="row" rowspan="{rows}">{new Name(topic.Name)}</th>
            <td rowspan="{rows}">{Math.Max(0, next - first)}</td>
            """);
        if (groups.Count == 0)
        {
            html.Write($"<td colspan=\"3\">no group</td></tr>\n");
        }

        for (int i = 0; i < groups.Count; i++)
        {
            GroupStatus group = groups[i];
            if (i > 0)
            {
                html.Write($"<tr>");
            }

            html.Write($"<td>{new Name(group.Name)}</td>");
            if (group.Cursor == 0)
            {
                html.Write($"<td colspan=\"2\" class=\"failed\">its cursor is damaged</td></tr>");
            }
            else
            {
                html.Write($"<td>{group.Cursor}</td><td>{group.Lag}</td></tr>");
            }
        }

        html.Write($"\n");
    }
}
