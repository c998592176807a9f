using System.Collections.Concurrent;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Queue;

/// <summary>A full disk and a queue: what is in it comes out, and nothing is counted that was not.</summary>
public sealed class QueueFullDiskTests
{
    /// <summary>
    /// Case B3: receiving needed a write that a full disk refuses, so it could not be drained; each
    /// refusal counted as a delivery, and after ten nobody had ever seen the message that died.
    /// </summary>
    [Fact]
    public void A_queue_that_fills_its_disk_can_be_received_to_its_end()
    {
        ConcurrentBag<string> violations = [];
        int runs = FaultBudget.IsLong ? 800 : 32;
        Parallel.For(0, runs, i =>
        {
            // Sizes a block apart, all over the range: what fits is a matter of single blocks.
            int capacityKib = 400 + (i / 4 * 37 % 200 * 4);
            if (FullDiskDrain.Run(
                i, capacityKib, many: i % 2 == 0, reopened: i % 4 < 2) is { } violation)
            {
                violations.Add(violation);
            }
        });
        Assert.True(violations.IsEmpty, string.Join('\n', violations.Take(20)));
    }

    public static TheoryData<string> Calls => [.. FullDiskCalls.Calls.Keys];

    /// <summary>
    /// Cases B3 and B8, at every call: done or refused as a whole, typed, and done once there is space.
    /// </summary>
    [Theory]
    [MemberData(nameof(Calls))]
    public void A_disk_that_is_full_at_a_call_refuses_or_does_it(string call)
    {
        int seeds = FaultBudget.IsLong ? 200 : 4;
        for (int seed = 0; seed < seeds; seed++)
        {
            Assert.Null(FullDiskCalls.Run(seed, call, out _));
        }
    }

    /// <summary>The test is tested: some calls are refused, what frees space is not.</summary>
    [Fact]
    public void What_adds_is_refused_and_what_takes_away_is_not()
    {
        string[] refused = [.. FullDiskCalls.Calls.Keys.Where(
            call => FullDiskCalls.Run(1, call, out bool wasRefused) is null && wasRefused)];
        Assert.Contains("enqueue", refused);
        Assert.Contains("append", refused);
        Assert.DoesNotContain("receive", refused);
        Assert.DoesNotContain("receive many", refused);
        Assert.DoesNotContain("acknowledge", refused);
        Assert.DoesNotContain("discard", refused);
        Assert.DoesNotContain("purge", refused);
        Assert.DoesNotContain("trim", refused);
    }

    /// <summary>Case A8: the wake-up of a receiver that leaves is passed on.</summary>
    [Fact]
    public async Task A_wake_up_is_passed_on_by_whoever_leaves_the_line() =>
        Assert.Null(await LineOfReceivers.RunAsync(500, TimeSpan.FromSeconds(30)));
}
