using System.Collections.Concurrent;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Simulated;

public sealed class SweepTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Sweep(int length)
    {
        ConcurrentBag<string> failures = [];
        long states = 0;
        long distinct = 0;
        long begun = System.Diagnostics.Stopwatch.GetTimestamp();
        Parallel.ForEach(
            Workload.Sequences(length).SelectMany((s, i) => new[] {
                new Workload(s, i + 1) { FromCreation = length == 1 },
                new Workload(s, i + 1) { Direct = false, FromCreation = length == 1 } }),
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            workload =>
            {
                try
                {
                    Recording recording = WorkloadRun.Record(workload);
                    foreach (string p in recording.Problems)
                    {
                        failures.Add($"{workload}: {p}");
                    }

                    CrashSearch search = new CrashSearch(recording, SearchDepth.Quick).Run();
                    Interlocked.Add(ref states, search.States);
                    Interlocked.Add(ref distinct, search.Distinct);
                    foreach (CrashFailure f in search.Failures)
                    {
                        failures.Add($"{workload}: at {f.Point}/{recording.Points.Count} kept {string.Join(' ', f.Kept)}: {f.Problem}");
                    }
                }
                catch (Exception e)
                {
                    failures.Add($"{workload}: {e}");
                }
            });
        TimeSpan took = System.Diagnostics.Stopwatch.GetElapsedTime(begun);
        output.WriteLine($"{states} states, {distinct} distinct, {took.TotalSeconds:F2} s, "
            + $"{distinct / took.TotalSeconds:F0}/s, {failures.Count} failures");
        foreach (string f in failures.Order().Take(60)) output.WriteLine(f[..Math.Min(f.Length, 700)]);
        Assert.Empty(failures);
    }
}
