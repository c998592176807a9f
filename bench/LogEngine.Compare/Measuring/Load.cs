using System.Diagnostics;
using System.Runtime.InteropServices;

namespace LogEngine.Compare.Measuring;

/// <summary>A running load: workers go on until it is stopped, windows are cut out of it.</summary>
/// <remarks>
/// What workers touch allocates nothing. The thread that cuts windows sleeps, so that it adds no
/// allocation of its own either.
/// </remarks>
internal sealed class Load
{
    private readonly Counter[] _counters;
    private readonly LatencyHistogram _latency = new();
    private readonly int _sampleMask;
    private volatile bool _stopped;
    private volatile bool _recording;

    /// <summary>Prepares counters for a number of workers.</summary>
    /// <param name="workers">How many count.</param>
    /// <param name="operationsPerCount">Operations that one count stands for.</param>
    internal Load(int workers, int operationsPerCount = 1)
    {
        _counters = new Counter[workers];
        OperationsPerCount = operationsPerCount;
        // Reading the clock twice costs 50 ns: with many workers only every eighth is timed.
        _sampleMask = workers >= 64 ? 7 : 0;
    }

    /// <summary>Operations that one count stands for.</summary>
    internal int OperationsPerCount { get; }

    /// <summary>Whether workers are to end.</summary>
    internal bool Stopped => _stopped;

    /// <summary>Whether times belong to the window.</summary>
    internal bool IsRecording => _recording;

    /// <summary>Operations counted since the start.</summary>
    internal long Operations
    {
        get
        {
            long sum = 0;
            foreach (ref Counter counter in _counters.AsSpan())
            {
                sum += Volatile.Read(ref counter.Value);
            }

            return sum * OperationsPerCount;
        }
    }

    /// <summary>Start time of the worker's next operation, or 0 where it is not timed.</summary>
    internal long Begin(int worker) =>
        _recording && (_counters[worker].Value & _sampleMask) == 0 ? Stopwatch.GetTimestamp() : 0;

    /// <summary>Counts an operation of a worker.</summary>
    internal void End(int worker, long started)
    {
        Volatile.Write(ref _counters[worker].Value, _counters[worker].Value + 1);
        if (started != 0 && _recording)
        {
            _latency.Record(Stopwatch.GetTimestamp() - started);
        }
    }

    /// <summary>Lets the load run in, then measures for a time.</summary>
    internal Window MeasureAfter(TimeSpan warmUp, TimeSpan length)
    {
        Wait(warmUp);
        return Measure(length);
    }

    /// <summary>Measures for a time, or until a condition holds.</summary>
    internal Window Measure(TimeSpan length, Func<bool>? until = null)
    {
        _latency.Clear();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        _recording = true;
        long operations = Operations;
        long started = Stopwatch.GetTimestamp();
        Wait(length, until);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        operations = Operations - operations;
        _recording = false;
        cpu = Environment.CpuUsage.TotalTime - cpu;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return new Window(operations, elapsed)
        {
            AllocatedBytes = allocated,
            CpuTime = cpu,
            P50 = _latency.Microseconds(0.50),
            P99 = _latency.Microseconds(0.99),
            P999 = _latency.Microseconds(0.999),
        };
    }

    /// <summary>Lets the load run without measuring.</summary>
    internal static void Wait(TimeSpan length, Func<bool>? until = null)
    {
        if (until is null)
        {
            Thread.Sleep(length);
            return;
        }

        for (long started = Stopwatch.GetTimestamp();
            Stopwatch.GetElapsedTime(started) < length && !until();)
        {
            Thread.Sleep(5);
        }
    }

    /// <summary>Tells workers to end after the operation they are in.</summary>
    internal void Stop() => _stopped = true;

    /// <summary>On cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Counter
    {
        [FieldOffset(64)]
        internal long Value;
    }
}
