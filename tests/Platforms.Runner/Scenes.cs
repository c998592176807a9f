using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LogEngine.Platforms.Runner;

/// <summary>What one process does while a test watches from another. Each line ends a step.</summary>
internal static class Scenes
{
    private const int SmallSegment = 64 << 10;

    /// <summary>Appends durably for ever; each line is a sequence that was acknowledged.</summary>
    internal static async Task WriteAsync(string directory)
    {
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            directory, new WriteAheadLogOptions { SegmentSizeBytes = SmallSegment });
        Console.WriteLine($"opened {log.LastSequence} {log.Recovery.Tail} {log.Recovery.IoMode}");
        while (true)
        {
            Console.WriteLine(await log.AppendAsync($"record {log.LastSequence + 1}"));
        }
    }

    /// <summary>Opens for writing, if nobody else does, and closes.</summary>
    internal static async Task OpenAsync(string directory)
    {
        try
        {
            await using WriteAheadLog log = await WriteAheadLog.OpenAsync(directory);
            Console.WriteLine($"opened {log.LastSequence} {log.Recovery.Tail}");
        }
        catch (DirectoryLockedException)
        {
            Console.WriteLine("locked");
        }
    }

    /// <summary>Looks from outside: without a lock, and changing nothing.</summary>
    internal static async Task LookAsync(string directory)
    {
        DirectoryStat stat = await LogDirectory.StatAsync(directory);
        VerifyReport report = await LogDirectory.VerifyAsync(directory);
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            directory, new WriteAheadLogOptions { ReadOnly = true });
        int records = 0;
        using LogReader reader = log.OpenReader(
            log.FirstSequence, new LogReaderOptions { UpTo = ReadUpTo.Durable });
        while (reader.TryRead(out _))
        {
            records++;
        }

        Console.WriteLine(
            $"writer {stat.HasWriter?.ToString() ?? "unknown"} {stat.Tail} "
            + $"{(report.IsSound ? "sound" : "damaged")} "
            + $"{(report.BesideWriter ? "beside" : "alone")} "
            + $"records {records}");
    }

    /// <summary>An engine from the first write to the opening after its close.</summary>
    internal static async Task ShopAsync(string directory)
    {
        const int Keys = 500;
        StorageEngineOptions options = new() { SegmentSizeBytes = SmallSegment };
        Guid store;
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(directory, options))
        {
            Keyspace keyspace = engine.GetKeyspace("shop");
            for (int round = 0; round < 3; round++)
            {
                for (int i = 0; i < Keys; i++)
                {
                    await keyspace.PutAsync(
                        $"key {i}",
                        $"{round} " + new string('x', 300),
                        durability: i % 50 == 0 ? Durability.PowerLoss : Durability.ProcessCrash);
                }
            }

            await engine.SnapshotAsync();
            await engine.CompactAsync();
            store = engine.Recovery.StoreId;
        }

        await using EmbeddedEngine again = await StorageEngine.OpenAsync(directory, options);
        string? last = await again.GetKeyspace("shop").GetTextAsync($"key {Keys - 1}");
        bool same = again.Recovery.StoreId == store && last?.StartsWith('2') == true;
        Console.WriteLine(
            $"{(same ? "kept" : "lost")} {await again.GetKeyspace("shop").CountAsync()} "
            + $"{RuntimeInformation.ProcessArchitecture}");
    }

    /// <summary>A worker with an engine, until it is told to end.</summary>
    internal static async Task HostAsync(string directory)
    {
        // Not the working directory: it is watched for changed settings, with everything below it.
        HostApplicationBuilder builder = Host.CreateApplicationBuilder(
            new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddLogEngine("work", settings => settings.Embedded.Directory = directory);
        using IHost host = builder.Build();
        await host.StartAsync();
        StorageEngine engine = host.Services.GetRequiredService<StorageEngine>();
        await engine.GetKeyspace("work").PutAsync("key", "value");
        Console.WriteLine("started");
        await host.WaitForShutdownAsync();
        Console.WriteLine("ended");
    }
}
