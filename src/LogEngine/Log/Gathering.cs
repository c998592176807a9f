using System.Diagnostics;

namespace LogEngine.Log;

/// <summary>
/// After a commit, gives the appenders that it has completed a moment to come back: otherwise they miss
/// the next group by microseconds, and appenders fall into two halves that wait for each other's
/// commits.
/// </summary>
/// <remarks>
/// It takes at most an eighth of the last commit's own time, on a clock of its own that decides about
/// nothing else. What it goes by are guesses, by whoever committed last for whoever commits next.
/// </remarks>
internal sealed class Gathering(CommitQueue queue, IScheduler scheduler)
{
    private const int Share = 8;

    /// <summary>
    /// More appenders than that take longer to come back than it is worth to wait for them.
    /// </summary>
    private const int MostGathered = 128;

    private static readonly TimeSpan Longest = TimeSpan.FromMicroseconds(100);

    /// <summary>So many appends of one group make a crowd: it is cheaper to commit them together.</summary>
    private const int LeastCrowd = 8;

    /// <summary>A crowd is believed to be there for so many commits.</summary>
    private const int CrowdLasts = 16;

    /// <summary>One append in so many goes the common way, to see how many others come along.</summary>
    private const int LookEvery = 256;

    private int _returning;
    private long _lastCommitTicks;
    private int _crowd;

    /// <summary>Appends that might have been committed by their own threads. Under the gate.</summary>
    private int _alone;

    /// <summary>A commit that took so long has completed so many appends, who may come back.</summary>
    internal void Expect(int completed, TimeSpan took)
    {
        Volatile.Write(ref _returning, completed + queue.OpenWaiters);
        Volatile.Write(ref _lastCommitTicks, took.Ticks);
        _crowd = completed >= LeastCrowd ? CrowdLasts : Math.Max(0, _crowd - 1);
    }

    /// <summary>
    /// Whether an append that need not wait for a device is committed by its own thread: not where many come
    /// at a time, which shows only when one waits for the others now and then. Under the gate.
    /// </summary>
    internal bool IsAlone_NeedsLock() =>
        Volatile.Read(ref _crowd) == 0 && (!scheduler.IsConcurrent || ++_alone % LookEvery != 0);

    /// <summary>Whether many came at a time lately.</summary>
    internal bool IsCrowded => Volatile.Read(ref _crowd) != 0;

    /// <summary>Waits for them, for as long as it is worth.</summary>
    internal void Wait()
    {
        int expected = Volatile.Read(ref _returning);
        if (expected is 0 or > MostGathered || !scheduler.IsConcurrent)
        {
            return;
        }

        Volatile.Write(ref _returning, 0);
        TimeSpan share = TimeSpan.FromTicks(Volatile.Read(ref _lastCommitTicks)) / Share;
        TimeSpan budget = share < Longest ? share : Longest;
        long begun = Stopwatch.GetTimestamp();
        while (queue.OpenWaiters < expected && Stopwatch.GetElapsedTime(begun) < budget)
        {
            Thread.Yield();
        }
    }
}
