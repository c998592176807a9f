using Npgsql;

namespace LogEngine.PostgreSqlTests;

/// <summary>A clock that goes right, but is set wrong.</summary>
internal sealed class SkewedTime(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
}

/// <summary>
/// What is judged by time, done by a program whose clock is wrong and looked at by another one. Nothing comes before its
/// time by the server's clock, and all of it comes.
/// </summary>
internal static class ClockScript
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(2);

    /// <summary>What is certain to have passed when nothing came too soon.</summary>
    private static readonly TimeSpan Least = Time - TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    internal static async Task RunAsync(PostgreSqlEngineOptions options, PostgreSqlEngine other)
    {
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        await Task.WhenAll(
            LeaseAsync(engine, other),
            DelayAsync(engine, other, "delayed", () => Task.FromResult(new QueueMessage(Text.Bytes("x")) { Delay = Time })),
            DelayAsync(engine, other, "due", async () => new QueueMessage(Text.Bytes("x"))
            {
                DueAt = await NowAsync(options) + Time,
            }),
            LifeAsync(engine, other),
            ExpiryAsync(engine, other, options),
            DeduplicationAsync(engine, other));
    }

    private static async Task LeaseAsync(PostgreSqlEngine engine, PostgreSqlEngine other)
    {
        DurableQueue mine = await engine.OpenQueueAsync("leased");
        DurableQueue others = await other.OpenQueueAsync("leased");
        await mine.EnqueueAsync(new QueueMessage(Text.Bytes("x")));
        long began = TimeProvider.System.GetTimestamp();
        QueueDelivery held = (await mine.ReceiveAsync(Patience, Time))!;
        Assert.Null(await others.TryReceiveAsync());
        await held.RenewAsync(Time);
        QueueDelivery second = (await others.ReceiveAsync(Patience))!;
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= Least, "leased to another one too soon");
        await Assert.ThrowsAsync<LeaseLostException>(async () => await held.AcknowledgeAsync());
        await second.AcknowledgeAsync();
    }

    private static async Task DelayAsync(
        PostgreSqlEngine engine, PostgreSqlEngine other, string name, Func<Task<QueueMessage>> make)
    {
        DurableQueue mine = await engine.OpenQueueAsync(name);
        DurableQueue others = await other.OpenQueueAsync(name);
        long began = TimeProvider.System.GetTimestamp();
        await mine.EnqueueAsync(await make());
        Assert.Null(await others.TryReceiveAsync());
        Assert.Null(await mine.TryReceiveAsync());
        await (await others.ReceiveAsync(Patience))!.AcknowledgeAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= Least, $"{name}: received too soon");
    }

    private static async Task LifeAsync(PostgreSqlEngine engine, PostgreSqlEngine other)
    {
        DurableQueue mine = await engine.OpenQueueAsync("mortal");
        DurableQueue others = await other.OpenQueueAsync("mortal");
        await mine.EnqueueAsync(new QueueMessage(Text.Bytes("soon")) { TimeToLive = Time });
        await mine.EnqueueAsync(new QueueMessage(Text.Bytes("late")) { TimeToLive = TimeSpan.FromHours(1) });
        await Task.Delay(Time * 1.5);
        Assert.Equal("late", Text.Of((await others.ReceiveAsync(Patience))!.Body));
        Assert.Null(await mine.TryReceiveAsync());
    }

    private static async Task ExpiryAsync(
        PostgreSqlEngine engine, PostgreSqlEngine other, PostgreSqlEngineOptions options)
    {
        Keyspace mine = engine.GetKeyspace("keys");
        Keyspace others = other.GetKeyspace("keys");
        DateTimeOffset now = await NowAsync(options);
        await mine.PutAsync(Text.Bytes("soon"), Text.Bytes("x"), expiresAt: now + Time);
        await mine.PutAsync(Text.Bytes("late"), Text.Bytes("x"), expiresAt: now + TimeSpan.FromHours(1));
        await using (ReadView view = await engine.OpenReadViewAsync())
        {
            Assert.NotNull(await view.In(mine).GetAsync(Text.Bytes("late")));
        }

        await Task.Delay(Time * 1.5);
        foreach (Keyspace keys in new[] { mine, others })
        {
            Assert.Null(await keys.GetAsync(Text.Bytes("soon")));
            Assert.NotNull(await keys.GetAsync(Text.Bytes("late")));
        }

        Assert.True((await mine.PutIfAbsentAsync(Text.Bytes("soon"), Text.Bytes("y"))).Applied);
        Assert.False((await mine.PutIfAbsentAsync(Text.Bytes("late"), Text.Bytes("y"))).Applied);
    }

    private static async Task DeduplicationAsync(PostgreSqlEngine engine, PostgreSqlEngine other)
    {
        QueueOptions options = new() { DeduplicationWindow = Time };
        DurableQueue mine = await engine.OpenQueueAsync("once", options);
        DurableQueue others = await other.OpenQueueAsync("once", options);
        QueueMessage message = new(Text.Bytes("x")) { DeduplicationId = "same" };
        Assert.Equal(EnqueueOutcome.Enqueued, (await mine.EnqueueAsync(message)).Outcome);
        Assert.Equal(EnqueueOutcome.Duplicate, (await others.EnqueueAsync(message)).Outcome);
        Assert.Equal(EnqueueOutcome.Duplicate, (await mine.EnqueueAsync(message)).Outcome);
        await Task.Delay(Time * 1.5);
        Assert.Equal(EnqueueOutcome.Enqueued, (await others.EnqueueAsync(message)).Outcome);
    }

    private static async Task<DateTimeOffset> NowAsync(PostgreSqlEngineOptions options)
    {
        await using NpgsqlConnection connection = new(options.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand ask = new($"select {options.Schema}.now_ticks()", connection);
        return new DateTimeOffset((long)(await ask.ExecuteScalarAsync())!, TimeSpan.Zero);
    }
}
