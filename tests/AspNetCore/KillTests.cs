using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Distributed;

namespace LogEngine.AspNetCoreTests;

/// <summary>The process is killed while it fills the caches.</summary>
public sealed class KillTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task What_a_killed_process_had_set_is_there_and_a_tag_still_evicts_all_of_it()
    {
        using ScratchDirectory scratch = new();
        int last = await FillUntilKilledAsync(scratch.Path);
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path);
        await using ServiceProvider services = Caches.On(engine);
        IDistributedCache cache = services.GetRequiredService<IDistributedCache>();
        IOutputCacheStore responses = services.GetRequiredService<IOutputCacheStore>();
        for (int i = 0; i <= last; i++)
        {
            string name = i.ToString(CultureInfo.InvariantCulture);
            Assert.Equal($"value {name}", Caches.Text(await cache.GetAsync(name)));
            Assert.Equal($"value {name}", Caches.Text(await responses.GetAsync(name, default)));
        }

        // With those at the end that were written and not said: of a response all index rows are there, or none.
        await responses.EvictByTagAsync(Worker.Tag, default);
        for (int i = 0; i <= last + 1000; i++)
        {
            Assert.Null(await responses.GetAsync(i.ToString(CultureInfo.InvariantCulture), default));
        }
    }

    /// <summary>The last entry that the process said was written.</summary>
    private static async Task<int> FillUntilKilledAsync(string directory)
    {
        ProcessStartInfo start = new(
            Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet",
            [typeof(Worker).Assembly.Location, directory])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        try
        {
            int last = -1;
            while (last < 300)
            {
                string? line = await process.StandardOutput.ReadLineAsync().WaitAsync(_patience);
                Assert.True(line is not null, "it ended by itself");
                last = int.Parse(line, CultureInfo.InvariantCulture);
            }

            return last;
        }
        finally
        {
            // On Linux a SIGKILL: it closes nothing.
            process.Kill();
            await process.WaitForExitAsync().WaitAsync(_patience);
        }
    }
}
