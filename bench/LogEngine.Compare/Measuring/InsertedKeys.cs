namespace LogEngine.Compare.Measuring;

/// <summary>Numbers of keys that workers insert, and below which all of them are acknowledged.</summary>
internal sealed class InsertedKeys
{
    /// <summary>What a worker without an insert on its way has.</summary>
    private const long None = long.MaxValue;

    // A worker's entry is at or below the number that it is inserting.
    private readonly long[] _inFlight;
    private long _next;

    internal InsertedKeys(int workers, long loaded)
    {
        _inFlight = new long[workers];
        Array.Fill(_inFlight, None);
        _next = loaded;
    }

    /// <summary>All numbers below are there.</summary>
    internal long Acknowledged
    {
        get
        {
            // Read first: whoever takes a number below it has shown a bound before.
            long least = Volatile.Read(ref _next);
            foreach (ref long entry in _inFlight.AsSpan())
            {
                least = Math.Min(least, Volatile.Read(ref entry));
            }

            return least;
        }
    }

    /// <summary>A number for a worker to insert.</summary>
    internal long Take(int worker)
    {
        Interlocked.Exchange(ref _inFlight[worker], Volatile.Read(ref _next));
        return Interlocked.Increment(ref _next) - 1;
    }

    /// <summary>The worker's number is there.</summary>
    internal void Done(int worker) => Volatile.Write(ref _inFlight[worker], None);
}
