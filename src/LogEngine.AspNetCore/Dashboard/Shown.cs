using System.Globalization;
using System.Text;

namespace LogEngine.AspNetCore.Dashboard;

/// <summary>How things are put into words.</summary>
internal static class Shown
{
    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>
    /// A text with what cannot be seen in it made visible: control characters, and those that turn around what
    /// follows, by their numbers.
    /// </summary>
    internal static string Visible(string text)
    {
        if (!text.Any(IsHidden))
        {
            return text;
        }

        StringBuilder shown = new();
        foreach (char c in text)
        {
            if (IsHidden(c))
            {
                shown.Append("\\u{").Append(((int)c).ToString("X", CultureInfo.InvariantCulture)).Append('}');
            }
            else
            {
                shown.Append(c);
            }
        }

        return shown.ToString();
    }

    internal static string Bytes(long? bytes)
    {
        if (bytes is not { } size)
        {
            return "not known";
        }

        int unit = 0;
        double scaled = size;
        while (scaled >= 1024 && unit < Units.Length - 1)
        {
            scaled /= 1024;
            unit++;
        }

        return unit == 0
            ? string.Create(CultureInfo.InvariantCulture, $"{size:#,0} {(size == 1 ? "byte" : "bytes")}")
            : string.Create(CultureInfo.InvariantCulture, $"{scaled:0.#} {Units[unit]}");
    }

    internal static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 0.001 => Number(time.TotalMicroseconds, "µs"),
        < 1 => Number(time.TotalMilliseconds, "ms"),
        < 120 => Number(time.TotalSeconds, "s"),
        < 7200 => Number(time.TotalMinutes, "min"),
        < 172_800 => Number(time.TotalHours, "h"),
        _ => Number(time.TotalDays, "days"),
    };

    /// <summary>How long ago; clocks may differ.</summary>
    internal static string Age(DateTimeOffset? since, DateTimeOffset now) => since is { } then
        ? Duration(now > then ? now - then : TimeSpan.Zero)
        : "–";

    internal static string Share(long part, long whole) => whole <= 0
        ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / whole:0.#} %");

    internal static string Count(long number, string one, string many) => string.Create(
        CultureInfo.InvariantCulture, $"{number:#,0} {(number == 1 ? one : many)}");

    private static string Number(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {unit}");

    private static bool IsHidden(char c) => CharUnicodeInfo.GetUnicodeCategory(c)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;
}
