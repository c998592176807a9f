using Cronos;

namespace LogEngine.Extensions;

/// <summary>The times at which something is due, again and again.</summary>
/// <remarks>Immutable. Two with the same interval, or expression and time zone, are equal.</remarks>
public sealed class Recurrence : IEquatable<Recurrence>
{
    /// <summary>Shortest interval: one second.</summary>
    public static TimeSpan MinInterval { get; } = TimeSpan.FromSeconds(1);

    private readonly CronExpression? _expression;
    private readonly TimeZoneInfo _zone;

    private Recurrence(TimeSpan? interval, string? expression, string? timeZone)
    {
        Interval = interval;
        Expression = expression;
        TimeZone = timeZone;
        _expression = expression is null ? null : Parse(expression);
        _zone = timeZone is null ? TimeZoneInfo.Utc : FindZone(timeZone);
    }

    /// <summary>The interval; null where it goes by an expression.</summary>
    public TimeSpan? Interval { get; }

    /// <summary>The cron expression; null where it goes by an interval.</summary>
    public string? Expression { get; }

    /// <summary>The time zone in which the expression is read; null for UTC.</summary>
    public string? TimeZone { get; }

    /// <summary>
    /// Every so often: at the multiples of the interval since the beginning of 1970 in UTC, so that all
    /// processes mean the same times whenever they were started. Every ten minutes is at 0, 10, 20, ... past
    /// the hour; every day is at midnight in UTC.
    /// </summary>
    /// <param name="interval">From one second to ten years.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is out of its range.</exception>
    public static Recurrence Every(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, MinInterval);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, TimeSpan.FromDays(3650));
        return new Recurrence(interval, null, null);
    }

    /// <summary>
    /// By a cron expression of five fields (minute, hour, day of month, month, day of week), or six with the
    /// second in front, or a macro such as <c>@daily</c>. A time that the clocks of the zone skip in spring is
    /// due at the first moment behind the gap; one that they show twice in autumn is due once, unless the
    /// hour or minute is an interval (<c>*</c>, <c>*/5</c>).
    /// </summary>
    /// <param name="expression">The expression.</param>
    /// <param name="timeZone">A zone of the IANA database, <c>Europe/Berlin</c>; null for UTC.</param>
    /// <exception cref="ArgumentException">
    /// It is no cron expression, or this system has no such zone.
    /// </exception>
    public static Recurrence Cron(string expression, string? timeZone = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(expression);
        return new Recurrence(null, expression, timeZone);
    }

    /// <summary>The first due time behind a time, in UTC; null where there is none any more.</summary>
    /// <param name="time">The time.</param>
    public DateTimeOffset? Next(DateTimeOffset time)
    {
        if (Interval is not { } interval)
        {
            return _expression!.GetNextOccurrence(time.UtcDateTime, _zone) is { } next
                ? new DateTimeOffset(next)
                : null;
        }

        long passed = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        long since = ((passed - Modulo(passed, interval.Ticks)) / interval.Ticks) + 1;
        long due = DateTimeOffset.UnixEpoch.Ticks + (since * interval.Ticks);
        return due <= DateTimeOffset.MaxValue.Ticks ? new DateTimeOffset(due, TimeSpan.Zero) : null;
    }

    /// <inheritdoc/>
    public bool Equals(Recurrence? other) => other is not null
        && Interval == other.Interval && Expression == other.Expression && TimeZone == other.TimeZone;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Recurrence);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Interval, Expression, TimeZone);

    /// <inheritdoc/>
    public override string ToString() => Interval is { } interval
        ? $"every {interval:c}"
        : $"cron {Expression} in {TimeZone ?? "UTC"}";

    /// <summary>Never negative, also before 1970.</summary>
    private static long Modulo(long value, long by) => ((value % by) + by) % by;

    private static CronExpression Parse(string expression)
    {
        bool seconds = expression.Split(
            (char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length == 6;
        try
        {
            return CronExpression.Parse(
                expression, seconds ? CronFormat.IncludeSeconds : CronFormat.Standard);
        }
        catch (CronFormatException error)
        {
            throw new ArgumentException(
                $"'{expression}' is no cron expression: {error.Message}", nameof(expression), error);
        }
    }

    private static TimeZoneInfo FindZone(string timeZone)
    {
        try
        {
            return TimeZoneInfo.FindSystemTimeZoneById(timeZone);
        }
        catch (Exception error) when (error is TimeZoneNotFoundException or InvalidTimeZoneException)
        {
            throw new ArgumentException(
                $"This system has no time zone '{timeZone}'; names are those of the IANA database, such as "
                + "Europe/Berlin, and images of containers may lack it (package tzdata).",
                nameof(timeZone),
                error);
        }
    }
}
