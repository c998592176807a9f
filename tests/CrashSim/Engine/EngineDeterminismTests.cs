namespace LogEngine.CrashSim.EngineFaults;

/// <summary>The simulation of an engine repeats itself, and its tools say what they see.</summary>
public sealed class EngineDeterminismTests
{
    [Fact]
    public void The_same_seed_gives_the_same_trace_and_another_seed_another()
    {
        foreach (EngineWorkload workload in EngineHunt.Workloads(EngineHunt.Deep, 70))
        {
            EngineRecording first = EngineRun.Record(workload);
            EngineRecording second = EngineRun.Record(workload);
            Assert.True(first.TraceHash == second.TraceHash, $"{workload} ran in two ways");
            Assert.Equal(first.Points.Count, second.Points.Count);
            Assert.Equal(first.SnapshotsWritten, second.SnapshotsWritten);
        }

        ulong[] hashes =
        [
            .. Enumerable.Range(1, 8).Select(
                seed => EngineRun.Record(new EngineWorkload(EngineHunt.Deep[0], seed)).TraceHash),
        ];
        Assert.True(hashes.Distinct().Count() > 1, "Eight seeds ran in the same order.");
    }

    [Fact]
    public void A_workload_is_read_back_as_it_was_written()
    {
        EngineWorkload workload = new([EngineStep.Put, EngineStep.Kill], 42)
        {
            Direct = false,
            Filled = false,
            Background = false,
        };
        Assert.Equal(
            workload.ToString(), EngineWorkload.TryParse(workload.ToString())!.ToString());
        Assert.Null(EngineWorkload.TryParse("17"));
        Assert.Null(EngineWorkload.TryParse("Power,Kill;seed=1;direct=True;spares=1;creation"));
    }
}
