using System.Collections.Concurrent;
using LogEngine.Stores.Queues;
using LogEngine.Unit.Telemetry;

namespace LogEngine.Unit.Queue;

/// <summary>Whatever a handler, what it passed in, or a disk does: the processor goes on.</summary>
public sealed class ProcessorFailureTests
{
    // Cases A5 and E9: OnFailure threw, the message waited for its lease and lost its reason.
    [Fact]
    public async Task What_a_failure_callback_throws_is_logged_and_the_retry_is_as_configured()
    {
        CollectedEvents events = new();
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxDeliveries = 2 });
        fixture.Loggers = events;
        await fixture.ReopenAsync();
        ConcurrentQueue<int> deliveries = new();
        await using QueueProcessor processor = new(
            fixture.Queue,
            (delivery, _) =>
            {
                deliveries.Enqueue(delivery.DeliveryCount);
                throw new FormatException("bad");
            },
            new QueueProcessorOptions
            {
                RetryDelay = TimeSpan.FromMilliseconds(100),
                OnFailure = (_, _) => throw new InvalidOperationException("callback"),
            });
        processor.Start();
        await fixture.SendAsync("a");
        await Eventually.IsTrueAsync(
            () => fixture.Queue.Statistics.Scheduled == 1, "it is given back with its delay");
        fixture.Time.Advance(TimeSpan.FromMilliseconds(101));
        await Eventually.IsTrueAsync(() => fixture.Queue.DeadLetters.Count == 1, "it is dead");
        await foreach (DeadLetter letter in fixture.Queue.DeadLetters.ListAsync())
        {
            Assert.Equal("FormatException: bad", letter.Reason);
        }

        Assert.Equal([1, 2], deliveries);
        await Eventually.IsTrueAsync(() => events.Has(35), "it is logged");
    }

    // Case A5: an observer before the queue's threw, and the message was never delivered.
    [Fact]
    public async Task An_observer_that_throws_keeps_nobody_from_being_told()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        WriteBatch batch = fixture.Engine.CreateBatch();
        batch.Observe(new ThrowingObserver());
        fixture.Queue.Enqueue(batch, QueueFixture.Message("a"));
        await fixture.Engine.CommitAsync(batch).Soon();
        Assert.Equal("a", QueueFixture.Text((await fixture.ReceiveAsync()).Body));
        batch = fixture.Engine.CreateBatch();
        batch.Observe(new ThrowingObserver());
        fixture.Queue.Enqueue(batch, QueueFixture.Message("b"));
        batch.RequireVersion(fixture.Engine.GetKeyspace("x"), new byte[1], 99);
        Assert.False((await fixture.Engine.TryCommitAsync(batch).Soon()).Applied);
        await fixture.Queue.DisposeAsync().Soon();
    }

    // Case A5: progress that throws.
    [Fact]
    public async Task Progress_that_throws_stops_neither_compaction_nor_backup()
    {
        using ScratchDirectory scratch = new();
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        await fixture.DrainAsync();
        await fixture.Engine.CompactAsync(new ThrowingProgress<CompactionProgress>()).Soon();
        await fixture.Engine.BackupAsync(
            scratch.Sibling("backup"), new ThrowingProgress<BackupProgress>()).Soon();
        await fixture.SendAsync("b");
        Assert.Null(fixture.Engine.Statistics.MaintenanceFailure);
    }

    // Cases B1 and B4: any failed receive ended the processor for good.
    [Fact]
    public async Task A_processor_goes_on_when_receiving_works_again()
    {
        CollectedEvents events = new();
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        fixture.Loggers = events;
        await fixture.SendAsync("a");
        await fixture.ReopenAsync();
        ConcurrentQueue<string> handled = new();
        bool isBroken = true;
        fixture.Files.Before = (operation, path) =>
        {
            if (Volatile.Read(ref isBroken) && operation == "read")
            {
                throw new StorageIOException("read", path, 5, "error");
            }
        };
        await using QueueProcessor processor = new(
            fixture.Queue,
            (delivery, _) =>
            {
                handled.Enqueue(QueueFixture.Text(delivery.Body));
                return default;
            });
        processor.Start();
        await Eventually.IsTrueAsync(() => events.Has(33), "the message is set aside");
        Assert.False(processor.Completion.IsCompleted);
        Volatile.Write(ref isBroken, false);
        fixture.Time.Advance(fixture.Options.LeaseDuration + TimeSpan.FromSeconds(1));
        await Eventually.IsTrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return !handled.IsEmpty;
            },
            "it is handled");
        Assert.Equal(["a"], handled);
        Assert.Null(processor.Failure);
    }

    // Case B7: a handler that ignores its token kept StopAsync, and so the directory, for ever.
    [Fact]
    public async Task A_handler_that_ignores_its_token_is_left_and_its_lease_given_up()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        TaskCompletionSource started = new();
        TaskCompletionSource never = new();
        ConcurrentQueue<Exception> failures = new();
        await using QueueProcessor processor = new(
            fixture.Queue,
            async (_, _) =>
            {
                started.TrySetResult();
                await never.Task;
            },
            new QueueProcessorOptions { OnFailure = (_, error) => failures.Enqueue(error) });
        processor.Start();
        await fixture.SendAsync("a");
        await started.Task.Soon();
        using CancellationTokenSource patience = new();
        Task stopping = processor.StopAsync(patience.Token);
        await patience.CancelAsync();
        await Eventually.IsTrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return stopping.IsCompleted;
            },
            "it stops");
        await stopping.Soon();
        QueueDelivery again = await fixture.ReceiveAsync();
        Assert.Equal(2, again.DeliveryCount);

        // What it does at last is refused: somebody else has the message.
        never.SetResult();
        await Eventually.IsTrueAsync(() => !failures.IsEmpty, "it is refused");
        Assert.IsType<LeaseLostException>(failures.First());
        await again.AcknowledgeAsync().Soon();
        await fixture.Queue.DisposeAsync().Soon();
    }

    // Case A11: it waited for its own end.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_can_stop_its_processor(bool disposes)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        QueueProcessor? processor = null;
        processor = new QueueProcessor(
            fixture.Queue,
            async (_, _) =>
            {
                if (disposes)
                {
                    await processor!.DisposeAsync();
                }
                else
                {
                    await processor!.StopAsync(CancellationToken.None);
                }
            });
        processor.Start();
        await fixture.SendAsync("a");
        await processor.Completion.Soon();
        Assert.Equal(1, fixture.Queue.Statistics.Acknowledged);
        await processor.StopAsync().Soon();
    }

    private sealed class ThrowingObserver : IBatchObserver
    {
        public ValueTask CommittingAsync(WriteBatch batch) => ValueTask.CompletedTask;

        public void Completed(CommitResult? outcome) =>
            throw new InvalidOperationException("observer");
    }

    private sealed class ThrowingProgress<T> : IProgress<T>
    {
        public void Report(T value) => throw new InvalidOperationException("progress");
    }
}
