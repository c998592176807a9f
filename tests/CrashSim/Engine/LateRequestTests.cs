using LogEngine.Maintenance;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// What came due while a background pass was ending, behind its last look, waited for the next
/// write; on an engine that was not written any more, for ever.
/// </summary>
public sealed class LateRequestTests
{
    [Fact]
    public void A_pass_that_is_asked_for_at_the_end_of_another_follows_it()
    {
        SimulatedTime time = new();
        SimulatedScheduler scheduler = new(seed: 1, time);
        PassQueue? passes = null;
        int run = 0;
        passes = new PassQueue(
            scheduler,
            time,
            _ =>
            {
                if (++run == 1)
                {
                    passes!.Request();
                    passes.Request();
                }

                return Task.FromResult<TimeSpan?>(null);
            },
            error => throw error);
        passes.Request();
        passes.Request();
        scheduler.RunToIdle();
        Assert.Equal(2, run);
    }

    [Fact]
    public void Nothing_that_is_due_is_left_lying_when_the_writes_end()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            SimulatedMachine machine = new(new SimulatedFileSystem(), seed);
            EngineWorkload workload = new([], seed);
            EmbeddedEngine engine = machine.OpenEngine(EngineWorkload.Directory, workload.Options);
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            List<Task> writes = [];
            for (int i = 0; i < 300; i++)
            {
                writes.Add(keyspace.PutAsync(new byte[] { (byte)(i % 40) }, new byte[900]).AsTask());
                for (int steps = i % 7; steps > 0; steps--)
                {
                    machine.Scheduler.RunOne();
                }
            }

            machine.Wait(Task.WhenAll(writes));
            machine.Scheduler.RunToIdle();
            Assert.False(engine.Lifetime.Maintenance.IsDue, $"seed {seed}");
            Assert.Null(engine.Statistics.MaintenanceFailure);
            machine.Discard(engine);
        }
    }
}
