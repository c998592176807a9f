namespace LogEngine.PostgreSqlTests;

/// <summary>A server that has gone, and does not come back in time.</summary>
public sealed class AwayTests
{
    // What a lost claim may have leased was given back in vain, and then claimed for again, without an end.
    [SkippableFact]
    public async Task Whoever_does_not_wait_for_messages_is_told_after_the_time_to_retry()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync("fsync=off");
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(new PostgreSqlEngineOptions
        {
            ConnectionString = server.ConnectionString,
            RetryTime = TimeSpan.FromSeconds(1),
        });
        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("a")));
        await server.KillAsync();
        await Assert.ThrowsAsync<StorageUnavailableException>(
            () => queue.TryReceiveAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)));
        Task<QueueDelivery?> waiting = queue.ReceiveAsync(TimeSpan.FromSeconds(60)).AsTask();
        await server.StartAsync();
        Assert.Equal("a", Text.Of((await waiting.WaitAsync(TimeSpan.FromSeconds(60)))!.Body));
    }
}
