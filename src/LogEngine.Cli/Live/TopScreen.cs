using System.Globalization;
using System.Text.Json;

namespace LogEngine.Cli.Live;

/// <summary>A sample as lines of text, or as JSON; what changed is in relation to the one before.</summary>
internal static class TopScreen
{
    private const int MostNameColumns = 40;

    /// <summary>The lines, cut to a number of columns.</summary>
    internal static IEnumerable<string> Lines(TopSample now, TopSample? before, int columns) =>
        AllLines(now, before).Select(line => Cut(line, columns));

    internal static void Write(Utf8JsonWriter json, TopSample now, TopSample? before)
    {
        TimeSpan passed = before is null ? TimeSpan.Zero : now.Since(before);
        json.WriteString("time", now.Time);
        if (now.Stat is { } stat)
        {
            json.WriteString("directory", stat.Directory);
            json.WriteString("kind", stat.Kind);
            json.WriteNumber("lastSequence", stat.LastSequence);
            json.WriteNumber("fileBytes", stat.FileBytes);
            WriteRate(json, "sequencesPerSecond", Rate(stat.LastSequence, before?.Stat?.LastSequence, passed));
            if (stat.HasWriter is { } writer)
            {
                json.WriteBoolean("hasWriter", writer);
            }

            if (now.Holder is { } holder)
            {
                json.WriteNumber("writerProcessId", holder.ProcessId);
                json.WriteString("writerProcess", holder.Name);
            }
        }

        json.WriteStartArray("entries");
        foreach (TopRow row in now.Rows)
        {
            json.WriteStartObject();
            json.WriteString("kind", row.Kind);
            json.WriteString("name", row.Name);
            json.WriteNumber("entries", row.Entries);
            if (before is not null)
            {
                WriteRate(json, "perSecond", row.RateSince(Find(before, row), passed));
            }

            foreach ((string name, long value) in row.Facts)
            {
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static IEnumerable<string> AllLines(TopSample now, TopSample? before)
    {
        TimeSpan passed = before is null ? TimeSpan.Zero : now.Since(before);
        if (now.Stat is { } stat)
        {
            string writer = now.Holder is { } holder ? $"writer process {holder}"
                : stat.HasWriter == true ? "a writer"
                : "no writer";
            yield return $"{Text.Escape(now.Place)}  {stat.Kind}, {writer}";
            double? rate = Rate(stat.LastSequence, before?.Stat?.LastSequence, passed);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"sequence {stat.LastSequence:N0}{PerSecond(rate)}, {stat.Segments.Count} segments, "
                + $"{Text.Size(stat.FileBytes)} on disk, {now.Time:u}");
        }
        else
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"PostgreSQL, {now.Time:u}");
        }

        if (now.Rows.Count == 0)
        {
            yield break;
        }

        int width = Math.Clamp(now.Rows.Max(row => Text.Escape(row.Name).Length), 4, MostNameColumns);
        yield return "";
        yield return $"{"KIND",-12} {"NAME".PadRight(width)} {"ENTRIES",14} {"PER SECOND",12}";
        foreach (TopRow row in now.Rows)
        {
            double? rate = before is null ? null : row.RateSince(Find(before, row), passed);
            string grown = rate is { } number
                ? number.ToString("+#,0.#;-#,0.#;0", CultureInfo.InvariantCulture)
                : "-";
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{row.Kind,-12} {Cut(Text.Escape(row.Name), width).PadRight(width)} {row.Entries,14:N0} "
                + $"{grown,12}  {Describe(row)}").TrimEnd();
        }
    }

    private static string Describe(TopRow row) => string.Join(
        ", ",
        row.Facts.Where(fact => fact.Value != 0).Select(fact => fact.Name switch
        {
            "bytes" => Text.Size(fact.Value),
            "next" => string.Create(CultureInfo.InvariantCulture, $"next {fact.Value:N0}"),
            "heldBack" => string.Create(CultureInfo.InvariantCulture, $"{fact.Value:N0} held back"),
            "greatestLag" => string.Create(CultureInfo.InvariantCulture, $"{fact.Value:N0} behind"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{fact.Value:N0} {fact.Name}"),
        }));

    private static TopRow? Find(TopSample sample, TopRow row) =>
        sample.Rows.FirstOrDefault(other => other.Kind == row.Kind && other.Name == row.Name);

    /// <summary>Null where there is nothing before.</summary>
    private static double? Rate(long now, long? before, TimeSpan passed) =>
        before is { } then && passed > TimeSpan.Zero ? (now - then) / passed.TotalSeconds : null;

    private static string PerSecond(double? rate) => rate is { } number
        ? string.Create(CultureInfo.InvariantCulture, $" ({number:N0}/s)")
        : "";

    private static void WriteRate(Utf8JsonWriter json, string name, double? rate)
    {
        if (rate is { } number)
        {
            json.WriteNumber(name, Math.Round(number, 2));
        }
    }

    private static string Cut(string line, int columns) =>
        line.Length <= columns ? line : line[..Math.Max(0, columns - 1)] + "…";
}
