using System.Text;
using LogEngine.PostgreSql;

namespace LogEngine.OpenTelemetryTests;

/// <summary>Providers of several engine objects, as of several processes, on one database server.</summary>
public sealed class ServerTests
{
    [SkippableFact]
    public async Task Processes_on_a_server_send_each_blob_once()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync();
        PostgreSqlEngineOptions options = new() { ConnectionString = server.ConnectionString };
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine other = await PostgreSqlEngine.OpenAsync(options);
        LogEngineBlobProvider[] providers = [new(one), new(other)];
        const int Count = 60;
        for (int number = 0; number < Count; number++)
        {
            Assert.True(providers[number % 2].TryCreateBlob(Encoding.UTF8.GetBytes($"{number}").AsSpan(), out _));
        }

        Lock gate = new();
        List<string> sent = [];
        await Task.WhenAll(providers.SelectMany(provider => Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (provider.TryGetBlob(out PersistentBlob? blob))
            {
                if (blob.TryLease(600_000) && blob.TryRead(out byte[]? content))
                {
                    lock (gate)
                    {
                        sent.Add(Encoding.UTF8.GetString(content));
                    }

                    Assert.True(blob.TryDelete());
                }
            }
        }))));

        Assert.Equal(
            Enumerable.Range(0, Count).Select(number => $"{number}").Order(), sent.Order());
        Assert.Equal(0, providers[0].CountBytes());
    }
}
