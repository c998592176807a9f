namespace LogEngine.AspNetCore.Dashboard;

/// <summary>The keyspaces of an engine, those of stores included.</summary>
internal static class KeyspacesSection
{
    private const int Most = 200;

    internal static async Task WriteAsync(Html html, View view, CancellationToken cancellationToken)
    {
        StorageEngine engine = view.Engine;
        IReadOnlyList<string> names = await engine.ListKeyspacesAsync(cancellationToken).ConfigureAwait(false);
        if (names.Count == 0)
        {
            html.Write($"<p class=\"note\">There is none yet.</p>\n");
            return;
        }

        bool counts = engine.Capabilities.LooksWithoutIO || view.CountsAll;
        if (!counts)
        {
            string address = view.Place.To("", ("engine", view.Shown.Name), ("count", "yes"));
            html.Write($"""
                <p class="note">Keys are not counted: that would read all of them.
                <a href="{address}#keyspaces">Count them now</a></p>

                """);
        }

        html.BeginTable("Keyspaces, by name", counts ? ["Name", "Keys"] : ["Name"]);
        foreach (string name in names.Take(Most))
        {
            html.Write($"<tr><th scope=\"row\">{new Name(name)}</th>");
            if (counts)
            {
                Keyspace keyspace = StorageEngine.IsReservedName(name)
                    ? engine.GetStoreKeyspace(name)
                    : engine.GetKeyspace(name);
                long keys = await keyspace.CountAsync(cancellationToken).ConfigureAwait(false);
                html.Write($"<td>{keys}</td>");
            }

            html.Write($"</tr>\n");
        }

        html.EndTable();
        if (names.Count > Most)
        {
            html.Write($"<p class=\"note\">{names.Count - Most} more are not shown.</p>\n");
        }
    }
}
