using System.Globalization;
using LogEngine.Compare.Caches;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using Microsoft.Extensions.Caching.Distributed;

namespace LogEngine.Compare.Suites;

/// <summary>
/// Gets and sets of ASP.NET Core's distributed cache, each waited for: LogEngine's, the framework's in
/// memory, and a Redis on the loopback.
/// </summary>
internal static class CacheSuite
{
    internal const string Name = "cache";

    private static readonly DistributedCacheEntryOptions _entry =
        new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (string workload in options.Workloads)
            {
                foreach (int tasks in options.Appenders)
                {
                    await RunCellAsync(options, report, workload, payload, tasks);
                }
            }
        }
    }

    private static async Task RunCellAsync(
        CompareOptions options, Report report, string workload, int payload, int tasks)
    {
        foreach ((string side, List<Window> windows) in await SideRuns.MeasureAsync(
            options,
            report,
            $"{Name} {workload} {payload} B, {tasks} tasks",
            options.Repeat,
            side => MeasureAsync(options, side, workload, payload, tasks),
            side => side == BenchCache.Redis ? RedisServer.WhyNot() : null))
        {
            report.Add(ResultRow.From(Name, side, payload, windows) with
            {
                Workload = workload,
                Appenders = tasks,
                Durability = options.DurabilityName,
            });
        }
    }

    private static async Task<Window> MeasureAsync(
        CompareOptions options, string side, string workload, int payload, int tasks)
    {
        using RunDirectory directory = new(options, side);
        await using BenchCache cache = await BenchCache.OpenAsync(side, directory.Path, options);
        byte[] content = Appenders.Payload(1, payload);
        string[] keys = [.. Enumerable.Range(0, checked((int)options.Keys[0]))
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"entry:{i}"))];
        await Parallel.ForEachAsync(keys, async (key, token) =>
            await cache.Cache.SetAsync(key, content, _entry, token));
        Load load = new(tasks);
        Task[] workers = [.. Enumerable.Range(0, tasks).Select(worker => Task.Run(() =>
            workload == "get"
                ? GetUntilStoppedAsync(cache.Cache, keys, load, worker, payload)
                : SetUntilStoppedAsync(cache.Cache, keys, load, worker, content)))];
        Window window = load.MeasureAfter(options.WarmUp, options.Length);
        await Appenders.StopAsync(load, Task.WhenAll(workers));
        return window with { Note = cache.Note };
    }

    private static async Task GetUntilStoppedAsync(
        IDistributedCache cache, string[] keys, Load load, int worker, int payload)
    {
        Random random = new(worker);
        while (!load.Stopped)
        {
            string key = keys[random.Next(keys.Length)];
            long started = load.Begin(worker);
            byte[]? found = await cache.GetAsync(key).ConfigureAwait(false);
            load.End(worker, started);
            if (found?.Length != payload)
            {
                throw new InvalidOperationException($"{key} is not what was set.");
            }
        }
    }

    private static async Task SetUntilStoppedAsync(
        IDistributedCache cache, string[] keys, Load load, int worker, byte[] content)
    {
        Random random = new(worker);
        while (!load.Stopped)
        {
            string key = keys[random.Next(keys.Length)];
            long started = load.Begin(worker);
            await cache.SetAsync(key, content, _entry).ConfigureAwait(false);
            load.End(worker, started);
        }
    }
}
