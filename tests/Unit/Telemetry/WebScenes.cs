using System.Net;
using System.Text.RegularExpressions;
using LogEngine.Stores.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LogEngine.Unit.Telemetry;

/// <summary>What happens in the caches and on the dashboard of a web application, so that it is told.</summary>
internal static partial class WebScenes
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
        [303] = DiscardOnThePageAsync,
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

    /// <summary>As a browser does: asks, and sends the form that it is shown.</summary>
    private static async Task DiscardOnThePageAsync(CollectedEvents events)
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await using DurableQueue queue = await engine.OpenQueueAsync("mail");
        await queue.EnqueueAsync(new QueueMessage(new byte[1]));
        await (await queue.TryReceiveAsync())!.DeadLetterAsync("no such address");

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<ILoggerFactory>(events);
        builder.Services.AddSingleton<StorageEngine>(engine);
        builder.Services.AddAntiforgery();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        await using WebApplication app = builder.Build();
        app.MapLogEngine(options =>
        {
            options.AllowAnonymous = true;
            options.AllowActions = true;
        });
        await app.StartAsync();

        using HttpClient client = new() { BaseAddress = new Uri(app.Urls.Single()) };
        string page = await client.GetStringAsync("/logengine/confirm?engine=engine&queue=mail&act=discard-all");
        Match token = Token().Match(page);
        using HttpResponseMessage done = await client.PostAsync(
            WebUtility.HtmlDecode(Form().Match(page).Groups[1].Value),
            new FormUrlEncodedContent([new(token.Groups[1].Value, token.Groups[2].Value)]));
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync());
        Assert.Equal(0, await queue.DeadLetters.CountAsync());
    }

    [GeneratedRegex("<form method=\"post\" action=\"([^\"]*)\"")]
    private static partial Regex Form();

    [GeneratedRegex("name=\"([^\"]*)\" value=\"([^\"]*)\"")]
    private static partial Regex Token();

    private static IDistributedCache CacheOn(StorageEngine engine, CollectedEvents events) =>
        new ServiceCollection()
            .AddSingleton<ILoggerFactory>(events)
            .AddSingleton(engine)
            .AddLogEngineDistributedCache()
            .BuildServiceProvider()
            .GetRequiredService<IDistributedCache>();
}
