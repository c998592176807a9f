using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using LogEngine.Compare.Engines;

namespace LogEngine.Compare.Measuring;

/// <summary>
/// Appends that arrive by themselves, as from many independent users: at random, at a rate, whether or not
/// those before have been acknowledged. The time of each runs from when it was to arrive, so that one that
/// had to wait because the log was slow counts with its wait.
/// </summary>
internal sealed class OpenLoop(IBenchLog log, byte[] payload, long perSecond, int seed)
{
    /// <summary>With so many waiting, the side does not keep up, and there is no more to learn.</summary>
    private const int MostWaiting = 200_000;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private readonly Random _random = new(seed);
    private readonly LatencyHistogram _latency = new();
    private readonly ConcurrentQueue<Append> _idle = new();
    private long _recordedFrom;
    private long _completed;
    private int _waiting;
    private Exception? _failure;

    /// <summary>Runs on the calling thread, which does nothing but wait for the next arrival.</summary>
    internal Window Run(TimeSpan warmUp, TimeSpan length)
    {
        double ticksBetween = (double)Stopwatch.Frequency / perSecond;
        double arrival = Stopwatch.GetTimestamp();
        _recordedFrom = (long)(arrival + (warmUp.TotalSeconds * Stopwatch.Frequency));
        long end = _recordedFrom + (long)(length.TotalSeconds * Stopwatch.Frequency);
        bool keptUp = true;
        while (keptUp && Volatile.Read(ref _failure) is null)
        {
            arrival += Exponential(_random.NextDouble()) * ticksBetween;
            if (arrival >= end)
            {
                break;
            }

            WaitUntil((long)arrival);
            Interlocked.Increment(ref _waiting);
            (_idle.TryDequeue(out Append? append) ? append : new Append(this)).Start((long)arrival);
            keptUp = Volatile.Read(ref _waiting) < MostWaiting;
        }

        long waited = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _waiting) > 0 && Stopwatch.GetElapsedTime(waited) < LongestWait)
        {
            Thread.Sleep(1);
        }

        return _failure is not null
            ? throw new InvalidOperationException("An append failed.", _failure)
            : new Window(Interlocked.Read(ref _completed), length)
            {
                P50 = _latency.Microseconds(0.50),
                P99 = _latency.Microseconds(0.99),
                P999 = _latency.Microseconds(0.999),
                Note = keptUp ? null : $"did not keep up: stopped when {MostWaiting:N0} waited",
            };
    }

    /// <summary>Time between arrivals of a Poisson process, in multiples of its mean.</summary>
    internal static double Exponential(double uniform) => -Math.Log(1 - uniform);

    private static void WaitUntil(long time)
    {
        // Sleeping takes a millisecond and more here: most arrivals are closer than that.
        long far = Stopwatch.Frequency / 500;
        for (long left; (left = time - Stopwatch.GetTimestamp()) > 0;)
        {
            if (left > far)
            {
                Thread.Sleep(1);
            }
            else
            {
                Thread.Yield();
            }
        }
    }

    private ValueTask<long> AppendAsync() => log.AppendAsync(payload);

    private void Completed(long arrival)
    {
        if (arrival >= _recordedFrom)
        {
            _latency.Record(Stopwatch.GetTimestamp() - arrival);
            Interlocked.Increment(ref _completed);
        }

        Interlocked.Decrement(ref _waiting);
    }

    /// <summary>One append on its way; used again for another one afterwards.</summary>
    private sealed class Append
    {
        private readonly OpenLoop _loop;
        private readonly Action _finish;
        private ValueTaskAwaiter<long> _awaiter;
        private long _arrival;

        internal Append(OpenLoop loop)
        {
            _loop = loop;
            _finish = Finish;
        }

        internal void Start(long arrival)
        {
            _arrival = arrival;
#pragma warning disable CA2012 // Awaited by hand, once, so that no state machine is allocated for it.
            _awaiter = _loop.AppendAsync().GetAwaiter();
#pragma warning restore CA2012
            if (_awaiter.IsCompleted)
            {
                Finish();
            }
            else
            {
                _awaiter.UnsafeOnCompleted(_finish);
            }
        }

        private void Finish()
        {
            try
            {
                _awaiter.GetResult();
            }
            catch (Exception error)
            {
                Volatile.Write(ref _loop._failure, error);
            }

            _loop.Completed(_arrival);
            _loop._idle.Enqueue(this);
        }
    }
}
