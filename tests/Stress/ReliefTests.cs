using System.Diagnostics;
using LogEngine.Log;

namespace LogEngine.Stress;

/// <summary>Items that are queued while the pool is held, and while it comes back.</summary>
[Collection(nameof(BlockedPoolTests))]
public sealed class ReliefTests
{
    private const int Rounds = 30;

    /// <summary>More than the pool has threads for at once.</summary>
    private const int Holders = 64;

    /// <summary>More than there may be idle threads of our own.</summary>
    private const int Blocked = 8;

    /// <summary>
    /// Callers of some items block until another item has run, as blocking appends do that stand in line
    /// behind others. The other was queued as the pool came back: it stood where only threads of our own
    /// look, and all of these were blocked. Nothing ran it any more.
    /// </summary>
    [Fact]
    public void What_is_queued_as_the_pool_comes_back_is_run()
    {
        Random random = new(StressBudget.Seed);
        for (int round = 0; round < Rounds; round++)
        {
            // A new one each time: threads of its own that idle would take what is queued.
            ReliefThreads relief = new();
            using ManualResetEventSlim held = new();
            using CountdownEvent holders = new(Holders);
            for (int i = 0; i < Holders; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    _ =>
                    {
                        held.Wait();
                        holders.Signal();
                    },
                    null);
            }

            // Few: each leaves a ticket in the pool's line that would take one of the items below.
            do
            {
                relief.Queue(new Item(() => { }));
            }
            while (!SpinWait.SpinUntil(() => relief.IsStarving, TimeSpan.FromSeconds(1)));

            using ManualResetEventSlim other = new();
            using CountdownEvent blocked = new(Blocked);
            held.Set();
            long begun = Stopwatch.GetTimestamp();
            TimeSpan later = TimeSpan.FromMilliseconds(random.Next(60));
            while (relief.IsStarving && Stopwatch.GetElapsedTime(begun) < later)
            {
                Thread.SpinWait(10);
            }

            for (int i = 0; i < Blocked; i++)
            {
                relief.Queue(new Item(() =>
                {
                    other.Wait();
                    blocked.Signal();
                }));
            }

            relief.Queue(new Item(other.Set));
            bool isRun = other.Wait(TimeSpan.FromSeconds(20));
            other.Set();
            Assert.True(isRun, $"round {round}, {later.TotalMilliseconds} ms: not run");
            blocked.Wait();
            holders.Wait();
        }
    }

    private sealed class Item(Action run) : IThreadPoolWorkItem
    {
        public void Execute() => run();
    }
}
