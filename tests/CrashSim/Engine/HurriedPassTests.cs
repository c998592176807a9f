using LogEngine.Maintenance;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>Who waits for maintenance does not wait for its pauses.</summary>
public sealed class HurriedPassTests
{
    /// <summary>
    /// A snapshot that a caller asked for waited until a background pass was through with all that it
    /// rewrote, at the rate that the options allow.
    /// </summary>
    [Fact]
    public void A_paced_pass_makes_way_for_a_caller_and_goes_on_afterwards()
    {
        SimulatedMachine machine = new(new SimulatedFileSystem(), seed: 7);
        StorageEngineOptions options = new EngineWorkload([], 7).Options with
        {
            SnapshotBudgetBytes = StorageEngineOptions.MaxSnapshotBudgetBytes,
            CompactionBytesPerSecond = StorageEngineOptions.MinCompactionBytesPerSecond,
        };
        EmbeddedEngine engine = machine.OpenEngine(EngineWorkload.Directory, options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < 2000; i++)
        {
            // Two of three overwritten: there is much to rewrite, a second for each segment.
            byte[] key = BitConverter.GetBytes(i % 3 == 0 ? i : 1);
            machine.Wait(keyspace.PutAsync(key, new byte[900], Durability.ProcessCrash).AsTask());
        }

        machine.Scheduler.RunToIdle();
        long before = machine.Time.GetTimestamp();
        Task<long> snapshot = engine.SnapshotAsync().AsTask();
        machine.Scheduler.RunToIdle();
        Assert.True(snapshot.IsCompletedSuccessfully, "it waits for time to pass");
        Assert.Equal(before, machine.Time.GetTimestamp());
        long moved = engine.Statistics.RelocatedBytes;
        for (int i = 0; i < 100; i++)
        {
            machine.Time.Advance(TimeSpan.FromSeconds(1));
            machine.Scheduler.RunToIdle();
        }

        Assert.True(engine.Statistics.RelocatedBytes > moved, "it does not go on");
        machine.Discard(engine);
    }

    /// <summary>On a full disk writes were refused until a slow pass had come to its end.</summary>
    [Fact]
    public void What_is_urgent_ends_a_pause()
    {
        SimulatedTime time = new();
        SimulatedScheduler scheduler = new(seed: 1, time);
        bool urgent = false;
        Pace pace = new(scheduler, time, bytesPerSecond: 1, () => urgent);
        Task paused = pace.AfterAsync(60, CancellationToken.None);
        time.Advance(TimeSpan.FromSeconds(1));
        scheduler.RunToIdle();
        Assert.False(paused.IsCompleted, "it does not pause");
        urgent = true;
        time.Advance(TimeSpan.FromSeconds(1));
        scheduler.RunToIdle();
        Assert.True(paused.IsCompletedSuccessfully, "it goes on pausing");
    }
}
