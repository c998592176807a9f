using Xunit.Abstractions;

namespace LogEngine.CrashSim.Simulated;

public sealed class SmokeTests(ITestOutputHelper output)
{
    [Fact]
    public void One_workload_end_to_end()
    {
        Workload workload = new([LogStep.Power, LogStep.Three, LogStep.Roll, LogStep.Reopen, LogStep.Truncate], 1)
        {
            FromCreation = true,
        };
        Recording recording = WorkloadRun.Record(workload);
        long begun = System.Diagnostics.Stopwatch.GetTimestamp();
        CrashSearch search = new CrashSearch(recording, SearchDepth.Full).Run();
        TimeSpan took = System.Diagnostics.Stopwatch.GetElapsedTime(begun);
        output.WriteLine($"gc {GC.CollectionCount(0)} {GC.CollectionCount(1)} {GC.CollectionCount(2)} pause {GC.GetTotalPauseDuration().TotalSeconds:F2}");
        output.WriteLine($"{recording.Points.Count} points, {search.States} states, "
            + $"{search.Distinct} distinct, {took.TotalSeconds:F2} s, "
            + $"{search.Distinct / took.TotalSeconds:F0}/s");
        Assert.Empty(recording.Problems);
        Assert.Empty(search.Failures.Select(f => $"{f.Workload} at {f.Point} kept {string.Join(' ', f.Kept)}: {f.Problem}"));
    }
}
