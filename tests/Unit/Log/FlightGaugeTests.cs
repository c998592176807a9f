using System.Diagnostics;
using LogEngine.Log;

namespace LogEngine.Unit.Log;

public sealed class FlightGaugeTests
{
    [Theory]
    [InlineData(8, 100, 99, 98, 1)]
    [InlineData(8, 100, 120, 140, 1)]
    [InlineData(8, 100, 70, 69, 2)]
    [InlineData(8, 100, 70, 50, 3)]
    [InlineData(2, 100, 70, 50, 2)]
    [InlineData(1, 100, 70, 50, 1)]
    public void It_ends_at_what_makes_appends_wait_least(
        int most, double one, double two, double three, int expected)
    {
        long now = 0;
        FlightGauge gauge = new(most, () => now);
        int atExpected = 0;
        for (int i = 0; i < 200_000; i++)
        {
            now += Stopwatch.Frequency / 10_000;
            double wait = gauge.Limit switch
            {
                1 => one,
                2 => two,
                3 => three,
                _ => three * 1.2,
            };
            gauge.Note(10, wait * 10);
            atExpected += i >= 100_000 && gauge.Limit == expected ? 1 : 0;
        }

        Assert.InRange(atExpected, 90_000, 100_000);
    }

    [Fact]
    public void It_follows_a_disk_that_changes()
    {
        long now = 0;
        FlightGauge gauge = new(4, () => now);
        int atTwo = 0;
        for (int i = 0; i < 200_000; i++)
        {
            now += Stopwatch.Frequency / 10_000;
            bool gains = i is > 50_000 and < 120_000;
            gauge.Note(10, gauge.Limit == 1 ? 1000 : gains && gauge.Limit == 2 ? 600 : 1300);
            atTwo += i is > 70_000 and < 120_000 && gauge.Limit == 2 ? 1 : 0;
            if (i > 150_000 && gauge.Limit != 1)
            {
                atTwo--;
            }
        }

        Assert.InRange(atTwo, 40_000, 50_000);
    }
}
