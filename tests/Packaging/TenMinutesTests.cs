using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace LogEngine.Packaging;

/// <summary>
/// What somebody does in the first ten minutes: a new web project with the packages, and in it a cache, a queue, a health
/// check and the dashboard. The process is killed, started again, and everything is there.
/// </summary>
[Collection(PackedPackages.Collection)]
public sealed partial class TenMinutesTests(PackedPackages packages)
{
    private const string Program = """
        using System.Text;
        using LogEngine.Extensions;
        using LogEngine.Stores.Queues;
        using Microsoft.Extensions.Caching.Distributed;

        WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
        builder.Services.AddLogEngine("main", settings => settings.Embedded.Directory = args[0])
            .AddQueue("mail")
            .AddDistributedCache();
        builder.Services.AddHealthChecks().Add(LogEngineHealth.Registration("main"));
        WebApplication app = builder.Build();
        app.MapHealthChecks("/health");
        app.MapLogEngine(configure: options => options.AllowAnonymous = true);
        app.MapGet("/set/{value}", (string value, IDistributedCache cache) => cache.SetStringAsync("key", value));
        app.MapGet("/get", (IDistributedCache cache) => cache.GetStringAsync("key"));
        app.MapGet("/send/{text}", async (string text, [FromKeyedServices("mail")] DurableQueue queue) =>
            (await queue.EnqueueAsync(new QueueMessage(Encoding.UTF8.GetBytes(text)))).Id);
        app.MapGet("/receive", async ([FromKeyedServices("mail")] DurableQueue queue) =>
            await queue.TryReceiveAsync() is { } delivery ? Encoding.UTF8.GetString(delivery.Body.Span) : "nothing");
        app.Run();
        """;

    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    [SkippableFact]
    public async Task A_new_web_project_has_everything_after_it_was_killed()
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("logengine-web-");
        try
        {
            string project = await OutsideProject.WriteAsync(
                packages, scratch, "Microsoft.NET.Sdk.Web", "", ["LogEngine.AspNetCore"], Program);
            string built = Path.Combine(scratch.FullName, "built");
            (int code, string output) = await DotNet.RunAsync("build", project, "-o", built);
            Assert.True(code == 0, output);
            Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
            string program = Path.Combine(built, "Mine.dll");
            string data = Path.Combine(scratch.FullName, "data");
            await using (WebProcess first = await WebProcess.StartAsync(program, data))
            {
                await first.GetAsync("/set/kept");
                await first.GetAsync("/send/hello");
                Assert.Equal("Healthy", await first.GetAsync("/health"));
                Assert.Contains("mail", await first.GetAsync("/logengine"), StringComparison.Ordinal);
            }

            // It was killed: nothing of it was closed.
            await using WebProcess second = await WebProcess.StartAsync(program, data);
            Assert.Equal("kept", await second.GetAsync("/get"));
            Assert.Equal("Healthy", await second.GetAsync("/health"));
            string page = await second.GetAsync("/logengine");
            Assert.Contains("it had not been closed", page, StringComparison.Ordinal);
            Assert.Contains(">mail</bdi>", page, StringComparison.Ordinal);
            Assert.Equal("hello", await second.GetAsync("/receive"));
            Assert.Equal("nothing", await second.GetAsync("/receive"));
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>A process that serves on a port of its own, until it is killed.</summary>
    private sealed partial class WebProcess : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly HttpClient _client;

        private WebProcess(Process process, string address)
        {
            _process = process;
            _client = new HttpClient { BaseAddress = new Uri(address), Timeout = _patience };
        }

        internal static async Task<WebProcess> StartAsync(string program, string data)
        {
            ProcessStartInfo start = new(DotNet.Host, [program, data, "--urls", "http://127.0.0.1:0"])
            {
                RedirectStandardOutput = true,
            };
            Process process = Process.Start(start)!;
            List<string> lines = [];
            while (await process.StandardOutput.ReadLineAsync().WaitAsync(_patience) is { } line)
            {
                lines.Add(line);
                if (Listening().Match(line) is { Success: true } listening)
                {
                    _ = process.StandardOutput.ReadToEndAsync();
                    return new WebProcess(process, listening.Groups[1].Value);
                }
            }

            throw new InvalidOperationException($"It ended by itself: {string.Join('\n', lines)}");
        }

        internal async Task<string> GetAsync(string address)
        {
            using HttpResponseMessage response = await _client.GetAsync(address);
            string body = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK, $"{address}: {response.StatusCode} {body}");
            return body;
        }

        public async ValueTask DisposeAsync()
        {
            // On Linux a SIGKILL.
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(_patience);
            _process.Dispose();
            _client.Dispose();
        }

        [GeneratedRegex(@"Now listening on: (http://\S+)")]
        private static partial Regex Listening();
    }
}
