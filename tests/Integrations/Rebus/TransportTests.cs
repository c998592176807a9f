using System.Collections.Concurrent;
using System.Diagnostics;
using Rebus.Retry.Simple;

namespace LogEngine.RebusTests;

/// <summary>Messages go from bus to bus through the queues of an engine.</summary>
public sealed class TransportTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_is_handled_by_the_endpoint_it_was_sent_to_and_answered(bool files)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files);
        TaskCompletionSource<int> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using BuiltinHandlerActivator worker = new();
        worker.Handle<Work>((bus, work) => bus.Reply(new Done(work.Number)));
        engine.Start(worker, "worker");
        using BuiltinHandlerActivator asker = new();
        asker.Handle<Done>(done =>
        {
            answer.TrySetResult(done.Number);
            return Task.CompletedTask;
        });
        IBus bus = engine.Start(asker, "asker");

        await bus.Advanced.Routing.Send("worker", new Work(7));

        Assert.Equal(7, await answer.Task.Soon());
    }

    [Fact]
    public async Task Many_messages_are_handled_once_each_by_several_buses_of_one_queue()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        ConcurrentBag<int> handled = [];
        using BuiltinHandlerActivator one = new();
        using BuiltinHandlerActivator other = new();
        foreach (BuiltinHandlerActivator activator in new[] { one, other })
        {
            activator.Handle<Work>(work =>
            {
                handled.Add(work.Number);
                return Task.CompletedTask;
            });
        }

        LogEngineTransportOptions options = new() { Prefetch = 10 };
        IBus bus = engine.Start(one, "worker", options);
        engine.Start(other, "worker", options);
        await Task.WhenAll(Enumerable.Range(0, 500).Select(number => bus.SendLocal(new Work(number))));

        await Eventually.IsTrueAsync(() => handled.Count >= 500, "all are handled");
        Assert.Equal(Enumerable.Range(0, 500), handled.Order());
    }

    /// <summary>Rebus' own worker sleeps 100 ms each time that as many as may be handled at once have been begun.</summary>
    [Fact]
    public async Task A_worker_goes_on_as_soon_as_a_message_is_handled()
    {
        const int Messages = 200;
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        int handled = 0;
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async _ =>
        {
            await Task.Yield();
            Interlocked.Increment(ref handled);
        });
        Stopwatch watch = new();
        IBus bus = engine.Start(activator, "worker", configure: c => c.Options(o => o.SetMaxParallelism(1)));
        using (RebusTransactionScope scope = new())
        {
            for (int number = 0; number < Messages; number++)
            {
                await bus.SendLocal(new Work(number));
            }

            watch.Start();
            await scope.CompleteAsync();
        }

        await Eventually.IsTrueAsync(() => handled == Messages, "all are handled");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_client_that_only_sends_sends_and_defers()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator activator = new();
        IBus client = Configure.With(activator)
            .Logging(l => l.None())
            .Transport(t => t.UseLogEngineAsOneWayClient(engine.Engine))
            .Start();

        await client.Advanced.Routing.Send("worker", new Work(1));
        await client.Advanced.Routing.Defer("worker", TimeSpan.FromHours(1), new Work(2));

        QueueStatistics queue = await engine.StatisticsAsync("worker");
        Assert.Equal((1, 1), (queue.Ready, queue.Scheduled));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.Advanced.Routing.Send("logengine-due-times", new Work(3)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_deferred_message_waits_in_the_queue_of_its_recipient(bool files)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files);
        TaskCompletionSource<TimeSpan> handled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Stopwatch watch = new();
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>((_, context, _) =>
        {
            Assert.DoesNotContain(Headers.DeferredUntil, context.Headers.Keys);
            handled.TrySetResult(watch.Elapsed);
            return Task.CompletedTask;
        });
        IBus bus = engine.Start(activator, "worker");

        watch.Start();
        await bus.DeferLocal(TimeSpan.FromMilliseconds(400), new Work(1));
        Assert.Equal(1, (await engine.StatisticsAsync("worker")).Scheduled);

        // Rebus and the queue round to the millisecond.
        Assert.InRange(await handled.Task.Soon(), TimeSpan.FromMilliseconds(395), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task What_was_received_ahead_is_given_back_when_the_bus_is_disposed()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);
        BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async _ =>
        {
            begun.TrySetResult();
            await release.Task;
        });
        IBus bus = engine.Start(
            activator, "worker", new LogEngineTransportOptions { Prefetch = 10 },
            c => c.Options(o => o.SetMaxParallelism(1)));
        using (RebusTransactionScope scope = new())
        {
            for (int number = 0; number < 10; number++)
            {
                await bus.SendLocal(new Work(number));
            }

            await scope.CompleteAsync();
        }

        await begun.Task.Soon();
        Assert.Equal(10, (await engine.StatisticsAsync("worker")).Leased);
        Task disposed = Task.Run(activator.Dispose);
        release.SetResult();
        await disposed.Soon();

        QueueStatistics left = await engine.StatisticsAsync("worker");
        Assert.Equal((9, 0), (left.Ready, left.Leased));
    }

    [Fact]
    public async Task A_lease_is_renewed_for_as_long_as_its_handler_runs()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        int begun = 0;
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async _ =>
        {
            Interlocked.Increment(ref begun);
            await Task.Delay(TimeSpan.FromSeconds(2));
            ended.TrySetResult();
        });
        IBus bus = engine.Start(activator, "worker", new LogEngineTransportOptions
        {
            Queue = new QueueOptions { MaxDeliveries = 0, LeaseDuration = TimeSpan.FromMilliseconds(600) },
        });

        await bus.SendLocal(new Work(1));
        await ended.Task.Soon();

        Assert.Equal(1, begun);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_message_that_fails_each_time_goes_to_the_error_queue(bool files)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files);
        int attempts = 0;
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(_ =>
        {
            Interlocked.Increment(ref attempts);
            throw new InvalidOperationException(new string('ö', 100_000));
        });
        IBus bus = engine.Start(
            activator, "worker", configure: c => c.Options(o => o.RetryStrategy("broken", maxDeliveryAttempts: 3)));

        await bus.SendLocal(new Work(1));
        await UntilAsync(engine, "broken", queue => queue.Ready == 1);

        Assert.Equal(3, attempts);
        QueueDelivery broken = Assert.Single(await engine.TakeAllAsync("broken"));
        Assert.Equal("worker", broken.Headers[Headers.SourceQueue]);
        Assert.Contains("ööö", broken.Headers[Headers.ErrorDetails], StringComparison.Ordinal);
        await UntilAsync(engine, "worker", queue => queue is { Ready: 0, Leased: 0 });
    }

    [Fact]
    public async Task A_message_that_was_delivered_too_often_before_this_process_goes_to_the_error_queue()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator sender = new();
        IBus client = Configure.With(sender).Logging(l => l.None())
            .Transport(t => t.UseLogEngineAsOneWayClient(engine.Engine)).Start();
        await client.Advanced.Routing.Send("worker", new Work(1));
        await using (DurableQueue queue = await engine.Engine.OpenQueueAsync(
            "worker", new QueueOptions { MaxDeliveries = 0 }))
        {
            for (int delivery = 0; delivery < 5; delivery++)
            {
                await (await queue.TryReceiveAsync())!.NegativeAcknowledgeAsync();
            }
        }

        bool handled = false;
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(_ =>
        {
            handled = true;
            return Task.CompletedTask;
        });
        engine.Start(activator, "worker");

        await UntilAsync(engine, "error", queue => queue.Ready == 1);
        Assert.False(handled);
    }

    [Fact]
    public async Task Messages_of_a_group_are_handled_one_at_a_time_in_their_order()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        ConcurrentQueue<int> handled = [];
        int running = 0;
        int most = 0;
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(async work =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Delay(10);
            handled.Enqueue(work.Number);
            Interlocked.Decrement(ref running);
        });
        IBus bus = engine.Start(activator, "worker");
        Dictionary<string, string> headers = new() { [LogEngineHeaders.GroupId] = "order 42" };
        for (int number = 0; number < 20; number++)
        {
            await bus.SendLocal(new Work(number), headers);
        }

        await Eventually.IsTrueAsync(() => handled.Count == 20, "all are handled");
        Assert.Equal(Enumerable.Range(0, 20), handled);
        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_message_that_nobody_took_in_time_is_not_handled()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator sender = new();
        IBus client = Configure.With(sender).Logging(l => l.None())
            .Transport(t => t.UseLogEngineAsOneWayClient(engine.Engine)).Start();
        await client.Advanced.Routing.Send("worker", new Work(1), new Dictionary<string, string>
        {
            [Headers.TimeToBeReceived] = "00:00:00.050",
        });
        await client.Advanced.Routing.Send("worker", new Work(2));
        await Task.Delay(100);
        ConcurrentQueue<int> handled = [];
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(work =>
        {
            handled.Enqueue(work.Number);
            return Task.CompletedTask;
        });
        engine.Start(activator, "worker");

        await Eventually.IsTrueAsync(() => !handled.IsEmpty, "the other one is handled");
        Assert.Equal([2], handled);
    }

    [Fact]
    public async Task A_message_that_failed_stays_in_the_error_queue_whatever_its_time_was()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(_ => throw new InvalidOperationException("never"));
        IBus bus = engine.Start(
            activator, "worker", configure: c => c.Options(o => o.RetryStrategy(maxDeliveryAttempts: 1)));

        await bus.SendLocal(
            new Work(1), new Dictionary<string, string> { [Headers.TimeToBeReceived] = "00:00:01" });
        await UntilAsync(engine, "error", queue => queue.Ready == 1);
        await Task.Delay(TimeSpan.FromSeconds(1.5));

        Assert.Single(await engine.TakeAllAsync("error"));
    }

    [Fact]
    public async Task An_option_out_of_its_range_is_refused_when_the_bus_is_configured()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator activator = new();

        Assert.Throws<ArgumentOutOfRangeException>(
            () => engine.Start(activator, "worker", new LogEngineTransportOptions { Prefetch = 0 }));
        Assert.Throws<ArgumentException>(() => engine.Start(activator, ""));
    }

    private static async Task UntilAsync(TestEngine engine, string queue, Func<QueueStatistics, bool> holds)
    {
        long since = Stopwatch.GetTimestamp();
        while (!holds(await engine.StatisticsAsync(queue)))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(30), $"queue '{queue}'");
            await Task.Delay(5);
        }
    }
}
