namespace LogEngine.Log;

/// <summary>How fast the log is written, over about the last second.</summary>
internal sealed class WriteRate(TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);

    /// <summary>Written by the commit role, read by the preparer's worker.</summary>
    private long _bytes;

    // The worker's own.
    private long _measuredBytes;
    private long _measuredAt = time.GetTimestamp();

    internal double BytesPerSecond { get; private set; }

    /// <summary>Commit role only.</summary>
    internal void Add(int bytes) => Volatile.Write(ref _bytes, _bytes + bytes);

    /// <summary>Takes what has been written since into account. Worker only.</summary>
    internal void Measure()
    {
        TimeSpan elapsed = time.GetElapsedTime(_measuredAt);
        if (elapsed < Shortest)
        {
            return;
        }

        long bytes = Volatile.Read(ref _bytes);
        double rate = (bytes - _measuredBytes) / elapsed.TotalSeconds;
        BytesPerSecond = elapsed > TimeSpan.FromSeconds(1) ? rate : (BytesPerSecond + rate) / 2;
        _measuredBytes = bytes;
        _measuredAt = time.GetTimestamp();
    }
}
