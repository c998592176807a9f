using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogEngine.OpenTelemetryTests;

/// <summary>
/// kill -9 while blobs are stored, leased and deleted, again and again: what was stored is there, what was deleted is
/// not, and a lease goes on. Three rounds; twenty where LOGENGINE_FAULT_SECONDS is set, as for a long run.
/// </summary>
public sealed class KillTests
{
    private static int Rounds =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SECONDS")) ? 3 : 20;

    [Fact]
    public async Task What_was_stored_is_there_after_a_kill_and_what_was_deleted_is_not()
    {
        using ScratchDirectory scratch = new();
        Random random = new(20261130);
        HashSet<int> stored = [];
        HashSet<int> deleted = [];
        HashSet<int> maybe = [];
        HashSet<int> leased = [];
        for (int round = 0; round < Rounds; round++)
        {
            foreach (string[] words in
                (await RunAsync(scratch.Path, round * 1_000_000, random.Next(50, 500))).Select(line => line.Split(' ')))
            {
                HashSet<int>? into = words[0] switch
                {
                    "stored" => stored,
                    "deleting" => maybe,
                    "deleted" => deleted,
                    "leased" => leased,
                    _ => null,
                };
                into?.Add(int.Parse(words[1], CultureInfo.InvariantCulture));
            }

            await CheckAsync(scratch.Path, stored, deleted, maybe, leased);
        }

        Assert.True(stored.Count > 10 * Rounds, $"only {stored.Count} were stored");
        Assert.NotEmpty(deleted);
        Assert.NotEmpty(leased);
    }

    private static async Task CheckAsync(
        string directory, HashSet<int> stored, HashSet<int> deleted, HashSet<int> maybe, HashSet<int> leased)
    {
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(directory);
        LogEngineBlobProvider provider = new(engine);
        HashSet<int> there = [];
        long bytes = 0;
        await foreach (KeyValueEntry entry in
            engine.GetStoreKeyspace("logengine/opentelemetry/default").Scan(ScanRange.Prefix(new byte[] { 1 })))
        {
            string content = Encoding.UTF8.GetString(entry.Value.Span);
            int number = NumberOf(content);
            Assert.Equal($"{number} {new string('x', number % 1000)}", content);
            Assert.True(there.Add(number), $"{number} is there twice");
            bytes += entry.Value.Length;
        }

        Assert.Empty(stored.Except(there).Except(maybe));
        Assert.Empty(there.Intersect(deleted));
        Assert.Equal(bytes, provider.CountBytes());
        Assert.Empty(provider.GetBlobs().Select(blob =>
        {
            Assert.True(blob.TryRead(out byte[]? content));
            return NumberOf(Encoding.UTF8.GetString(content));
        }).Intersect(leased));
    }

    private static int NumberOf(string content) =>
        int.Parse(content.AsSpan(0, content.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    /// <summary>Runs the program, and kills it once it has said so many lines.</summary>
    private static async Task<List<string>> RunAsync(string directory, int first, int killAfter)
    {
        string[] arguments =
            [typeof(KillTests).Assembly.Location, directory, first.ToString(CultureInfo.InvariantCulture)];
        using Process process = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        List<string> said = [];
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                said.Add(line);
                if (said.Count == killAfter)
                {
                    process.Kill();
                }
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync(patience.Token);
        Assert.True(said.Count > killAfter / 2, await errors);
        return said;
    }
}
