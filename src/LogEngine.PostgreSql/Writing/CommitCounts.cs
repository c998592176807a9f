using System.Diagnostics;

namespace LogEngine.PostgreSql.Writing;

/// <summary>What the commits of an engine came to. Thread-safe.</summary>
internal sealed class CommitCounts
{
    private readonly Lock _gate = new();
    private long _groups;
    private long _writes;
    private TimeSpan _time;

    /// <summary>A moment's picture: a transaction is waited for once, by its commit.</summary>
    internal CommitStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new CommitStatistics
                {
                    Groups = _groups,
                    Writes = _writes,
                    Syncs = _groups,
                    SyncTime = _time,
                };
            }
        }
    }

    /// <summary>A transaction is committed.</summary>
    /// <param name="writes">What it carried.</param>
    /// <param name="begun">When it was sent, by <see cref="Stopwatch.GetTimestamp"/>.</param>
    internal void Add(int writes, long begun)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(begun);
        lock (_gate)
        {
            _groups++;
            _writes += writes;
            _time += took;
        }
    }
}
