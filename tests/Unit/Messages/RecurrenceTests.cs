using LogEngine.Extensions;

namespace LogEngine.Unit.Messages;

/// <summary>When something is due.</summary>
public sealed class RecurrenceTests
{
    [Theory]
    [InlineData("00:10:00", "2026-01-02T03:04:05Z", "2026-01-02T03:10:00Z")]
    [InlineData("00:10:00", "2026-01-02T03:10:00Z", "2026-01-02T03:20:00Z")]
    [InlineData("1.00:00:00", "2026-01-02T03:10:00Z", "2026-01-03T00:00:00Z")]
    [InlineData("00:10:00", "1969-12-31T23:55:00Z", "1970-01-01T00:00:00Z")]
    [InlineData("00:10:00", "1969-12-31T23:45:00Z", "1969-12-31T23:50:00Z")]
    public void An_interval_is_due_at_its_multiples(string interval, string time, string next) =>
        Assert.Equal(
            Time(next), Recurrence.Every(TimeSpan.Parse(interval, null)).Next(Time(time)));

    [Theory]
    [InlineData("0 3 * * *", null, "2026-01-02T03:00:00Z", "2026-01-03T03:00:00Z")]
    [InlineData("30 0 3 * * *", null, "2026-01-02T03:00:00Z", "2026-01-02T03:00:30Z")]
    [InlineData("@hourly", null, "2026-01-02T03:04:05Z", "2026-01-02T04:00:00Z")]
    [InlineData("0 3 * * *", "Europe/Berlin", "2026-01-02T03:00:00Z", "2026-01-03T02:00:00Z")]
    [InlineData("0 3 * * *", "Europe/Berlin", "2026-07-02T03:00:00Z", "2026-07-03T01:00:00Z")]

    // In spring 02:30 does not exist: the first moment behind the gap. In autumn it is twice: once.
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("0 0 30 2 *", null, "2026-01-02T03:00:00Z", null)]
    public void An_expression_is_read_in_its_zone(
        string expression, string? zone, string time, string? next) => Assert.Equal(
            next is null ? null : Time(next), Recurrence.Cron(expression, zone).Next(Time(time)));

    [Fact]
    public void What_is_none_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Recurrence.Every(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => Recurrence.Every(TimeSpan.MaxValue));
        Assert.Throws<ArgumentException>(() => Recurrence.Cron(" "));
        Assert.Contains(
            "'61 * * * *' is no cron expression",
            Assert.Throws<ArgumentException>(() => Recurrence.Cron("61 * * * *")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "no time zone 'Nowhere/Land'",
            Assert.Throws<ArgumentException>(() => Recurrence.Cron("@daily", "Nowhere/Land")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_are_those_that_mean_the_same()
    {
        Assert.Equal(Recurrence.Every(TimeSpan.FromHours(1)), Recurrence.Every(TimeSpan.FromMinutes(60)));
        Assert.Equal(Recurrence.Cron("@daily", "Europe/Berlin"), Recurrence.Cron("@daily", "Europe/Berlin"));
        Assert.NotEqual(Recurrence.Cron("@daily"), Recurrence.Cron("@daily", "Europe/Berlin"));
        Assert.Equal("cron @daily in UTC", $"{Recurrence.Cron("@daily")}");
        Assert.Equal("every 01:00:00", $"{Recurrence.Every(TimeSpan.FromHours(1))}");
    }

    private static DateTimeOffset Time(string time) => DateTimeOffset.Parse(time, null);
}
