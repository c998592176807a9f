using System.CommandLine;
using System.Globalization;

namespace LogEngine.Cli;

/// <summary>A point in time on the command line: how long ago, or a date and time.</summary>
internal static class TimeOption
{
    internal static Option<DateTimeOffset?> Since(string what) => new("--since")
    {
        Description = $"{what} Ago, as 90s, 10m, 2h or 7d, or a time as 2026-11-30T18:00:00Z; without a zone "
            + "that is UTC.",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            if (Parse(result.Tokens[0].Value, DateTimeOffset.UtcNow) is { } time)
            {
                return time;
            }

            result.AddError(
                $"--since takes 90s, 10m, 2h, 7d or a time, not '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    /// <summary>Null where it is none.</summary>
    internal static DateTimeOffset? Parse(string text, DateTimeOffset now)
    {
        double seconds = text.Length < 2 ? 0 : text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            _ => 0,
        };
        if (seconds > 0
            && double.TryParse(
                text.AsSpan(..^1),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out double count)
            && count * seconds <= NumberOption.MaxSeconds)
        {
            return now - TimeSpan.FromSeconds(count * seconds);
        }

        return DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out DateTimeOffset time)
                ? time
                : null;
    }
}
