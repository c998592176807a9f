namespace LogEngine.AspNetCore.Dashboard;

/// <summary>The segments of an embedded engine, as a picture and as a table.</summary>
internal static class SegmentsSection
{
    /// <summary>So many columns can be told apart; more segments share them.</summary>
    private const int MostColumns = 120;

    /// <summary>So many rows are read; more of the picture's numbers are in <c>logengine stat</c>.</summary>
    private const int MostRows = 50;

    private const double Width = 1000;
    private const double Height = 120;

    internal static Task WriteAsync(Html html, View view, CancellationToken cancellationToken)
    {
        IReadOnlyList<SegmentUse> segments = view.Embedded!.GetSegments();
        if (segments.Count == 0)
        {
            html.Write($"<p class=\"note\">Nothing has been written yet.</p>\n");
            return Task.CompletedTask;
        }

        Part all = Part.Of(segments);
        html.Write($"""
            <p>{Shown.Count(segments.Count, "segment", "segments")}:
            <span class="key live"></span>{Shown.Bytes(all.Live)} live,
            <span class="key dead"></span>{Shown.Bytes(all.Dead)} dead,
            <span class="key free"></span>{Shown.Bytes(all.Free)} free in the one that is being written;
            {Shown.Count(view.Embedded!.Statistics.Log.SpareSegments, "spare file", "spare files")}.</p>

            """);
        Draw(html, segments, all);
        html.Write($"<details><summary>The same as a table</summary>\n");
        Tabulate(html, segments);
        html.Write($"</details>\n");
        return Task.CompletedTask;
    }

    private static void Draw(Html html, IReadOnlyList<SegmentUse> segments, Part all)
    {
        int inColumn = (segments.Count + MostColumns - 1) / MostColumns;
        Part[] columns = [.. segments.Chunk(inColumn).Select(Part.Of)];
        double step = Math.Min(Width / columns.Length, Width / 12);
        double scale = Height / Math.Max(1, columns.Max(column => column.Live + column.Dead + column.Free));
        html.Write($"""
            <svg class="segments" viewBox="0 0 {Width} {Height}" preserveAspectRatio="none" role="img"
            aria-label="Segments from the oldest to the newest, each a column of live, dead and free bytes. {Shown.Share(all.Live, all.Live + all.Dead)} of what is written is live.">
            <defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" class="dead"/><rect width="3" height="8" class="hatch"/></pattern></defs>

            """);
        for (int i = 0; i < columns.Length; i++)
        {
            double x = i * step;
            double y = Height;
            foreach ((long bytes, string look) in columns[i].Parts)
            {
                double height = bytes * scale;
                y -= height;
                if (look == "dead")
                {
                    html.Write($"<rect x=\"{x}\" y=\"{y}\" width=\"{step * 0.9}\" height=\"{height}\" fill=\"url(#hatch)\"/>");
                }
                else
                {
                    html.Write($"<rect x=\"{x}\" y=\"{y}\" width=\"{step * 0.9}\" height=\"{height}\" class=\"{look}\"/>");
                }
            }
        }

        html.Write($"</svg>\n");
        if (inColumn > 1)
        {
            html.Write($"<p class=\"note\">A column is {inColumn} segments, one after the other.</p>\n");
        }
    }

    private static void Tabulate(Html html, IReadOnlyList<SegmentUse> segments)
    {
        html.BeginTable("Segments, the newest first", "File", "Sequences", "Written", "Live", "Dead", "Free");
        foreach (SegmentUse segment in segments.Reverse().Take(MostRows))
        {
            html.Write($"""
                <tr><th scope="row">{segment.File}{(segment.IsActive ? " (being written)" : "")}</th>
                <td>{segment.FirstSequence} – {segment.LastSequence}</td><td>{Shown.Bytes(segment.WrittenBytes)}</td>
                <td>{Shown.Share(segment.LiveBytes, segment.WrittenBytes)}</td><td>{Shown.Bytes(segment.DeadBytes)}</td>
                <td>{Shown.Bytes(segment.FreeBytes)}</td></tr>

                """);
        }

        html.EndTable();
        if (segments.Count > MostRows)
        {
            html.Write($"<p class=\"note\">{segments.Count - MostRows} older ones are not in the table.</p>\n");
        }
    }

    /// <summary>Bytes of a column.</summary>
    private readonly record struct Part(long Live, long Dead, long Free)
    {
        internal static Part Of(IReadOnlyCollection<SegmentUse> segments) => new(
            segments.Sum(segment => segment.LiveBytes),
            segments.Sum(segment => segment.DeadBytes),
            segments.Sum(segment => segment.FreeBytes));

        /// <summary>From below.</summary>
        internal IEnumerable<(long Bytes, string Look)> Parts =>
            [(Live, "live"), (Dead, "dead"), (Free, "free")];
    }
}
