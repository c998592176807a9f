using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LogEngine.Unit.Telemetry;

/// <summary>What happens in the caches of a web application, so that it is told.</summary>
internal static class WebScenes
{
    internal static Dictionary<int, Func<CollectedEvents, Task>> All { get; } = new()
    {
        [300] = async events =>
        {
            await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
            await engine.GetKeyspace("cache").PutAsync("a", "foreign");
            Assert.Null(await CacheOn(engine, events).GetAsync("a"));
        },
        [301] = ReadDamagedAsync,
        [302] = ReadWithoutWritingAsync,
    };

    private static async Task ReadDamagedAsync(CollectedEvents events)
    {
        using ScratchDirectory scratch = new();
        byte[] value = new byte[100_000];
        Array.Fill(value, (byte)'#');
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path))
        {
            await CacheOn(engine, events).SetAsync("a", value);

            // With a snapshot an opening does not read the value.
            await engine.SnapshotAsync();
        }

        foreach (string path in scratch.SegmentFiles())
        {
            byte[] file = await File.ReadAllBytesAsync(path);
            int at = file.AsSpan().IndexOf(value.AsSpan(0, 1000));
            if (at >= 0)
            {
                file[at] ^= 1;
                await File.WriteAllBytesAsync(path, file);
            }
        }

        await using EmbeddedEngine damaged = await StorageEngine.OpenAsync(scratch.Path);
        Assert.Null(await CacheOn(damaged, events).GetAsync("a"));
    }

    private static async Task ReadWithoutWritingAsync(CollectedEvents events)
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        StorageEngineOptions options = new() { TimeProvider = time };
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path, options))
        {
            await CacheOn(engine, events).SetAsync(
                "a", [1], new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromHours(1) });
        }

        time.AdvanceSilently(TimeSpan.FromMinutes(30));
        await using EmbeddedEngine still = await StorageEngine.OpenAsync(
            scratch.Path, options with { ReadOnly = true });
        Assert.Equal([1], await CacheOn(still, events).GetAsync("a"));
    }

    private static IDistributedCache CacheOn(StorageEngine engine, CollectedEvents events) =>
        new ServiceCollection()
            .AddSingleton<ILoggerFactory>(events)
            .AddSingleton(engine)
            .AddLogEngineDistributedCache()
            .BuildServiceProvider()
            .GetRequiredService<IDistributedCache>();
}
