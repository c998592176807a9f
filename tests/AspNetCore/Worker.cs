using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Distributed;

namespace LogEngine.AspNetCoreTests;

/// <summary>
/// What another process does until it is killed: this program, started with a directory. One line for each entry that was
/// written.
/// </summary>
internal static class Worker
{
    internal const string Tag = "all";

    internal static async Task<int> Main(string[] arguments)
    {
        Orphan.EndWithParent();
        if (arguments is not [string directory])
        {
            return 1;
        }

        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(directory);
        await using ServiceProvider services = Caches.On(engine);
        IDistributedCache cache = services.GetRequiredService<IDistributedCache>();
        IOutputCacheStore responses = services.GetRequiredService<IOutputCacheStore>();
        for (int i = 0; ; i++)
        {
            string name = i.ToString(CultureInfo.InvariantCulture);
            byte[] value = Encoding.UTF8.GetBytes($"value {name}");
            await cache.SetAsync(
                name, value, new DistributedCacheEntryOptions { SlidingExpiration = TimeSpan.FromHours(1) });
            await responses.SetAsync(name, value, [Tag, $"tag {i % 7}"], TimeSpan.FromHours(1), default);
            Console.WriteLine(name);
        }
    }
}
