namespace LogEngine.Benchmarks;

/// <summary>
/// Where benchmarks put their logs: LOGENGINE_BENCH_DIR, else the temporary directory.
/// </summary>
internal static class BenchmarkDirectory
{
    /// <summary>A path that does not exist yet.</summary>
    internal static string Fresh(string name) => Path.Combine(
        Environment.GetEnvironmentVariable("LOGENGINE_BENCH_DIR") ?? Path.GetTempPath(),
        $"logengine-{name}-{Guid.NewGuid():N}");
}
