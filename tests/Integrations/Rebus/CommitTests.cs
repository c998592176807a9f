using System.Text;
using Rebus.Exceptions;
using Rebus.Retry.Simple;

namespace LogEngine.RebusTests;

/// <summary>What a handler sends and writes and its acknowledgement are one commit.</summary>
public sealed class CommitTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_attempts_that_fail_nothing_stays_and_of_the_one_that_succeeds_everything_once(bool files)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files);
        Keyspace effects = engine.Engine.GetKeyspace("effects");
        int attempts = 0;
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async (bus, context, work) =>
        {
            context.GetLogEngineBatch().Increment(effects, "count");
            await bus.Advanced.Routing.Send("done", new Done(work.Number));
            if (Interlocked.Increment(ref attempts) < 3)
            {
                throw new InvalidOperationException("not yet");
            }
        });
        IBus bus = engine.Start(activator, "worker");

        await bus.SendLocal(new Work(1));
        await DrainedAsync(engine);

        Assert.Equal(3, attempts);
        Assert.Single(await engine.TakeAllAsync("done"));
        Assert.Equal(1, await effects.IncrementAsync(Encoding.UTF8.GetBytes("count"), 0));
    }

    [Fact]
    public async Task A_handler_that_was_retried_on_the_second_level_commits_only_that()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        Keyspace effects = engine.Engine.GetKeyspace("effects");
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async (bus, context, work) =>
        {
            context.GetLogEngineBatch().Increment(effects, "first");
            await bus.Advanced.Routing.Send("done", new Done(-1));
            throw new InvalidOperationException("never");
        });
        activator.Handle<IFailed<Work>>(async (bus, context, failed) =>
        {
            context.GetLogEngineBatch().Increment(effects, "second");
            await bus.Advanced.Routing.Send("done", new Done(failed.Message.Number));
        });
        IBus bus = engine.Start(activator, "worker", configure: c => c.Options(
            o => o.RetryStrategy(maxDeliveryAttempts: 2, secondLevelRetriesEnabled: true)));

        await bus.SendLocal(new Work(5));
        await DrainedAsync(engine);

        QueueDelivery done = Assert.Single(await engine.TakeAllAsync("done"));
        Assert.Contains("5", Encoding.UTF8.GetString(done.Body.Span), StringComparison.Ordinal);
        Assert.Null(await effects.GetAsync(Encoding.UTF8.GetBytes("first")));
        Assert.Equal(1, await effects.IncrementAsync(Encoding.UTF8.GetBytes("second"), 0));
    }

    [Fact]
    public async Task A_condition_that_does_not_hold_fails_the_attempt_and_is_counted()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        Keyspace effects = engine.Engine.GetKeyspace("effects");
        int attempts = 0;
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async (bus, context, work) =>
        {
            Interlocked.Increment(ref attempts);
            context.GetLogEngineBatch().RequireVersion(effects, "key"u8, 1_000_000);
            await bus.Advanced.Routing.Send("done", new Done(work.Number));
        });
        IBus bus = engine.Start(
            activator, "worker", configure: c => c.Options(o => o.RetryStrategy(maxDeliveryAttempts: 2)));

        await bus.SendLocal(new Work(1));
        await DrainedAsync(engine);

        Assert.Equal(2, attempts);
        Assert.Empty(await engine.TakeAllAsync("done"));
        QueueDelivery failed = Assert.Single(await engine.TakeAllAsync("error"));
        Assert.Contains(
            nameof(ConcurrencyException), failed.Headers[Headers.ErrorDetails], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_handlers_commit_elsewhere_is_committed_before_the_message_is_gone()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        List<long> leased = [];
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>((_, context, _) =>
        {
            context.TransactionContext.OnCommit(async _ =>
            {
                leased.Add((await engine.StatisticsAsync("worker")).Leased);
                if (leased.Count == 1)
                {
                    throw new InvalidOperationException("the other database is away");
                }
            });
            return Task.CompletedTask;
        });
        IBus bus = engine.Start(activator, "worker");

        await bus.SendLocal(new Work(1));
        await DrainedAsync(engine);

        Assert.Equal([1, 1], leased);
    }

    [Fact]
    public async Task What_is_sent_while_others_commit_is_part_of_the_commit()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async (bus, context, work) =>
        {
            await bus.Advanced.Routing.Send("done", new Done(1));
            context.TransactionContext.OnCommit(_ => bus.Advanced.Routing.Send("done", new Done(2)));
        });
        IBus bus = engine.Start(activator, "worker");

        await bus.SendLocal(new Work(1));
        await DrainedAsync(engine);

        Assert.Equal(2, (await engine.TakeAllAsync("done")).Count);
    }

    [Fact]
    public async Task A_handler_whose_message_was_taken_from_it_commits_nothing()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        Keyspace effects = engine.Engine.GetKeyspace("effects");
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async (bus, context, work) =>
        {
            context.GetLogEngineBatch().Increment(effects, "count");
            await bus.Advanced.Routing.Send("done", new Done(work.Number));
            await using (DurableQueue queue = await engine.Engine.OpenQueueAsync(
                "worker", new QueueOptions { MaxDeliveries = 0 }))
            {
                await queue.PurgeAsync();
            }

            context.TransactionContext.OnDisposed(_ => ended.TrySetResult());
        });
        IBus bus = engine.Start(activator, "worker");

        await bus.SendLocal(new Work(1));
        await ended.Task.Soon();

        Assert.Empty(await engine.TakeAllAsync("done"));
        Assert.Null(await effects.GetAsync(Encoding.UTF8.GetBytes("count")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_scope_commits_its_document_and_its_messages_together(bool completes)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: true);
        DocumentStore orders = await engine.Engine.OpenDocumentsAsync("orders");
        using BuiltinHandlerActivator activator = new();
        IBus bus = Configure.With(activator).Logging(l => l.None())
            .Transport(t => t.UseLogEngineAsOneWayClient(engine.Engine)).Start();
        using (RebusTransactionScope scope = new())
        {
            orders.Save(scope.TransactionContext.GetLogEngineBatch(engine.Engine), "1", new Work(1));
            await bus.Advanced.Routing.Send("done", new Done(1));
            await bus.Advanced.Routing.Send("done", new Done(2));
            if (completes)
            {
                await scope.CompleteAsync();
            }
        }

        Assert.Equal(completes ? 2 : 0, (await engine.TakeAllAsync("done")).Count);
        Assert.Equal(completes, await orders.LoadAsync<Work>("1") is not null);
    }

    [Fact]
    public async Task A_scope_whose_condition_does_not_hold_sends_nothing()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator activator = new();
        IBus bus = Configure.With(activator).Logging(l => l.None())
            .Transport(t => t.UseLogEngineAsOneWayClient(engine.Engine)).Start();
        using RebusTransactionScope scope = new();
        scope.TransactionContext.GetLogEngineBatch(engine.Engine)
            .RequireVersion(engine.Engine.GetKeyspace("effects"), "key"u8, 1);
        await bus.Advanced.Routing.Send("done", new Done(1));

        await Assert.ThrowsAsync<ConcurrencyException>(scope.CompleteAsync);

        Assert.Empty(await engine.TakeAllAsync("done"));
    }

    [Fact]
    public async Task A_batch_that_belongs_to_no_engine_or_another_one_is_refused()
    {
        await using TestEngine one = await TestEngine.OpenAsync(files: false);
        await using TestEngine other = await TestEngine.OpenAsync(files: false);
        using RebusTransactionScope scope = new();

        Assert.Throws<InvalidOperationException>(() => scope.TransactionContext.GetLogEngineBatch());
        _ = scope.TransactionContext.GetLogEngineBatch(one.Engine);
        Assert.Throws<InvalidOperationException>(() => scope.TransactionContext.GetLogEngineBatch(other.Engine));
    }

    [Fact]
    public async Task With_errors_handled_by_the_next_delivery_a_message_that_fails_reaches_the_error_queue_once()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(_ => throw new InvalidOperationException("never"));
        IBus bus = engine.Start(activator, "worker", configure: c => c.Options(o => o.RetryStrategy(
            maxDeliveryAttempts: 2, errorHandlerMode: ErrorHandlerMode.NextDelivery)));

        await bus.SendLocal(new Work(1));
        await DrainedAsync(engine);

        Assert.Single(await engine.TakeAllAsync("error"));
    }

    /// <summary>Waits until the one message of the queue 'worker' is acknowledged.</summary>
    private static async Task DrainedAsync(TestEngine engine)
    {
        for (int look = 0; (await engine.StatisticsAsync("worker")).Acknowledged < 1; look++)
        {
            Assert.True(look < 3000, "the message is not acknowledged");
            await Task.Delay(10);
        }
    }
}
