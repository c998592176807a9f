namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What every page begins and ends with.</summary>
internal static class Layout
{
    /// <summary>A page.</summary>
    /// <param name="place">Where the dashboard is.</param>
    /// <param name="title">What the page is about.</param>
    /// <param name="engines">What the navigation leads to; the one that is shown by its name.</param>
    /// <param name="current">Name of the engine that is shown; null for none.</param>
    /// <param name="main">What is on it.</param>
    internal static Html Page(
        Place place, string title, IReadOnlyList<ShownEngine> engines, string? current, Html main)
    {
        Html html = new();
        html.Write($"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>{title} – LogEngine</title>
            <link rel="icon" href="{place.To(Place.Icon, ("v", Resources.Version))}">
            <link rel="stylesheet" href="{place.To(Place.Style, ("v", Resources.Version))}">
            <script src="{place.To(Place.Script, ("v", Resources.Version))}" defer></script>
            </head>
            <body>
            <a class="skip" href="#main">Skip to the content</a>
            <header>
            <h1><a href="{place.To("")}">LogEngine</a></h1>
            <nav aria-label="Engines"><ul>

            """);
        foreach (ShownEngine engine in engines)
        {
            string address = place.To("", ("engine", engine.Name));
            if (engine.Name == current)
            {
                html.Write($"<li><a href=\"{address}\" aria-current=\"page\">{new Name(engine.Name)}</a></li>");
            }
            else
            {
                html.Write($"<li><a href=\"{address}\">{new Name(engine.Name)}</a></li>");
            }
        }

        html.Write($"</ul></nav>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n");
        html.Write(main);
        html.Write($"</main>\n</body>\n</html>\n");
        return html;
    }

    /// <summary>A row of a list of facts.</summary>
    internal static void Fact(this Html html, string name, string? value) =>
        html.Write($"<div><dt>{name}</dt><dd>{value}</dd></div>\n");

    /// <inheritdoc cref="Fact(Html, string, string?)"/>
    internal static void Fact(this Html html, string name, long value) =>
        html.Write($"<div><dt>{name}</dt><dd>{value}</dd></div>\n");

    /// <summary>A table that is wider than a phone scrolls by itself, also by keys.</summary>
    internal static void BeginTable(this Html html, string caption, params ReadOnlySpan<string> columns)
    {
        html.Write($"<div class=\"wide\" role=\"region\" aria-label=\"{caption}\" tabindex=\"0\"><table>");
        html.Write($"<caption>{caption}</caption><thead><tr>");
        foreach (string column in columns)
        {
            html.Write($"<th scope=\"col\">{column}</th>");
        }

        html.Write($"</tr></thead><tbody>\n");
    }

    internal static void EndTable(this Html html) => html.Write($"</tbody></table></div>\n");
}
