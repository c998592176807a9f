using System.Diagnostics;
using LogEngine.Compare;
using LogEngine.Compare.Engines;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Suites;

namespace LogEngine.Bench;

public class MeasuringTests
{
    [Theory]
    [InlineData(0.50, 5000)]
    [InlineData(0.99, 9900)]
    [InlineData(0.999, 9990)]
    public void A_percentile_is_right_within_a_bucket(double share, double microseconds)
    {
        LatencyHistogram first = new();
        LatencyHistogram second = new();
        for (int i = 1; i <= 10_000; i++)
        {
            (i % 2 == 0 ? first : second).Record(i * Stopwatch.Frequency / 1_000_000);
        }

        first.Add(second);

        Assert.InRange(first.Microseconds(share)!.Value, microseconds * 0.96, microseconds * 1.04);
        Assert.Null(new LatencyHistogram().Microseconds(share));
    }

    [Fact]
    public void A_median_is_the_middle_of_what_there_is()
    {
        Assert.Equal(3, Medians.Of([5, null, 1, 3]));
        Assert.Equal(2, Medians.Of([1, 3]));
        Assert.Null(Medians.Of([null]));
    }

    [Fact]
    public void Arrivals_are_as_far_apart_on_average_as_they_should_be()
    {
        const int Draws = 1_000_000;
        double[] gaps = [.. Enumerable.Range(0, Draws).Select(i => OpenLoop.Exponential((i + 0.5) / Draws))];

        Assert.Equal(1, gaps.Average(), 3);
        Assert.Equal(1 - Math.Exp(-1), gaps.Count(gap => gap < 1) / (double)Draws, 3);
    }

    /// <summary>A closed loop would have one slow append among hundreds, and a fast p99.</summary>
    [Fact]
    public void Appends_that_had_to_wait_behind_a_stall_count_with_their_wait()
    {
        StallingLog log = new(stallAt: 300, TimeSpan.FromMilliseconds(300));

        Window window = new OpenLoop(log, new byte[8], perSecond: 2000, seed: 1)
            .Run(TimeSpan.Zero, TimeSpan.FromSeconds(1));

        Assert.InRange(window.Operations, 1500, 2500);
        Assert.InRange(window.P99!.Value, 150_000, 2_000_000);
    }

    [Fact]
    public void An_append_that_fails_fails_the_run()
    {
        FailingLog log = new();

        Assert.Throws<InvalidOperationException>(() => new OpenLoop(log, new byte[8], 1000, seed: 1)
            .Run(TimeSpan.Zero, TimeSpan.FromSeconds(5)));
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("nothing-blocking")]
    public async Task The_harness_allocates_nothing_for_a_put(string engine)
    {
        using ScratchDirectory scratch = new();
        string directory = Directory.CreateDirectory(scratch.Path).FullName;
        CompareOptions options = new()
        {
            Suite = StorePutSuite.Name,
            Directory = directory,
            WarmUp = TimeSpan.FromSeconds(0.3),
            Length = TimeSpan.FromSeconds(0.5),
        };

        Window window;
        do
        {
            // A machine that does something else all the time has nothing to say.
            window = await StorePutSuite.MeasureAsync(options, engine, writers: 2, payload: 100);
        }
        while (window.Operations < 1000);

        // The smallest object has 24 bytes; what the test's own host allocates meanwhile is little.
        Assert.InRange(window.AllocatedPerOperation!.Value, 0, 12);
    }

    private sealed class StallingLog(int stallAt, TimeSpan stall) : FakeLog
    {
        private int _appends;

        public override ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload)
        {
            if (++_appends == stallAt)
            {
                Thread.Sleep(stall);
            }

            return new ValueTask<long>(_appends);
        }
    }

    private sealed class FailingLog : FakeLog
    {
        public override async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload)
        {
            await Task.Yield();
            throw new IOException("The disk is gone.");
        }
    }

    private abstract class FakeLog : IBenchLog
    {
        public string Note => string.Empty;

        public abstract ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload);

        public long Append(ReadOnlySpan<byte> payload) => throw new NotSupportedException();

        public bool TryAppend(ReadOnlySpan<byte> payload) => throw new NotSupportedException();

        public ValueTask FlushAsync() => default;

        public ValueTask DisposeAsync() => default;
    }
}
