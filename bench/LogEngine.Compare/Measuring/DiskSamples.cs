using System.Diagnostics;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Measuring;

/// <summary>Looks every few seconds at what a directory takes on disk.</summary>
internal sealed class DiskSamples : IAsyncDisposable
{
    private readonly string _directory;
    private readonly CancellationTokenSource _end = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly List<(TimeSpan At, long Bytes)> _samples = [];
    private readonly Task _looking;

    internal DiskSamples(string directory, TimeSpan every)
    {
        _directory = directory;
        _looking = LookAsync(every);
    }

    /// <summary>
    /// Waits until the size has not changed for a while, at most so long; gives how long.
    /// </summary>
    internal static async Task<TimeSpan> UntilAtRestAsync(string directory, TimeSpan most)
    {
        TimeSpan rest = TimeSpan.FromSeconds(40);
        long started = Stopwatch.GetTimestamp();
        long changed = started;
        long last = ProcessIo.DiskBytesIn(directory);
        while (Stopwatch.GetElapsedTime(started) < most && Stopwatch.GetElapsedTime(changed) < rest)
        {
            await Task.Delay(250).ConfigureAwait(false);
            long now = ProcessIo.DiskBytesIn(directory);
            if (now != last)
            {
                last = now;
                changed = Stopwatch.GetTimestamp();
            }
        }

        return Stopwatch.GetElapsedTime(started, changed);
    }

    /// <summary>What was seen so far; nobody looks any more.</summary>
    internal IReadOnlyList<Reporting.SpaceSample> OverTime =>
        [.. _samples.Select(s => new Reporting.SpaceSample(Math.Round(s.At.TotalSeconds, 2), s.Bytes))];

    /// <summary>Median and maximum of both halves.</summary>
    internal string Halves()
    {
        TimeSpan half = _samples[^1].At / 2;
        return $"first half median {Of(s => s.At <= half)}, second half median "
            + $"{Of(s => s.At > half)}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _looking;
        _end.Dispose();
    }

    private string Of(Func<(TimeSpan At, long Bytes), bool> which)
    {
        long[] sizes = [.. _samples.Where(which).Select(s => s.Bytes).Order()];
        return $"{sizes[sizes.Length / 2] >> 20} MiB, most {sizes[^1] >> 20} MiB";
    }

    private async Task LookAsync(TimeSpan every)
    {
        while (!_end.IsCancellationRequested)
        {
            _samples.Add((
                Stopwatch.GetElapsedTime(_started), ProcessIo.DiskBytesIn(_directory)));
            await Task.Delay(every, _end.Token).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
