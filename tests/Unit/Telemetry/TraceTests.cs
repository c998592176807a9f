using System.Collections.Concurrent;
using System.Diagnostics;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using LogEngine.Unit.Queue;

namespace LogEngine.Unit.Telemetry;

/// <summary>A trace goes from who sends through the headers to who receives.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private readonly string _name = $"traced-{Guid.NewGuid():N}";
    private readonly ConcurrentBag<Activity> _stopped = [];
    private readonly EmbeddedEngine _engine = StorageEngine.OpenInMemory();
    private readonly ActivityListener _listener;
    private readonly ActivitySource _source = new($"Shop-{Guid.NewGuid():N}");

    public TraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source =>
                source.Name == LogEngineTelemetry.ActivitySourceName || source == _source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _listener.Dispose();
        _source.Dispose();
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task The_state_of_a_trace_goes_with_its_parent()
    {
        await using DurableQueue queue = await _engine.OpenQueueAsync(_name);
        using (Activity order = _source.StartActivity("order")!)
        {
            order.TraceStateString = "vendor=a";
            await queue.EnqueueAsync(QueueFixture.Message("x"));
        }

        QueueDelivery delivery = (await queue.TryReceiveAsync())!;

        Assert.Equal("vendor=a", delivery.Headers["tracestate"]);
        Assert.True(LogEngineTelemetry.TryReadTraceContext(delivery.Headers, out ActivityContext sender));
        Assert.Equal("vendor=a", sender.TraceState);
        Assert.True(sender.IsRemote);
        Assert.Equal(Stopped("send").SpanId, sender.SpanId);
    }

    [Fact]
    public async Task Headers_that_name_a_sender_stay_as_they_are()
    {
        const string Sender = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        await using DurableQueue queue = await _engine.OpenQueueAsync(_name);
        await queue.EnqueueAsync(QueueFixture.Message("x") with
        {
            Headers = new Dictionary<string, string> { ["traceparent"] = Sender, ["tracestate"] = "b=c" },
        });

        QueueDelivery delivery = (await queue.TryReceiveAsync())!;

        Assert.Equal(Sender, delivery.Headers["traceparent"]);
        Assert.Equal("b=c", delivery.Headers["tracestate"]);
    }

    [Fact]
    public void What_is_no_sender_is_none()
    {
        foreach (Dictionary<string, string> headers in (Dictionary<string, string>[])
            [[], new() { ["traceparent"] = "x" }, new() { ["tracestate"] = "a=b" }])
        {
            Assert.False(LogEngineTelemetry.TryReadTraceContext(headers, out ActivityContext sender));
            Assert.Equal(default, sender);
        }

        Assert.Throws<ArgumentNullException>(
            () => LogEngineTelemetry.TryReadTraceContext(null!, out _));
    }

    [Fact]
    public async Task Many_messages_are_sent_by_one_activity()
    {
        await using DurableQueue queue = await _engine.OpenQueueAsync(_name);
        await queue.EnqueueManyAsync([QueueFixture.Message("a"), QueueFixture.Message("b")]);

        Activity send = Stopped("send");
        Assert.Equal(2, send.GetTagItem("messaging.batch.message_count"));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(send.Id, (await queue.TryReceiveAsync())!.Headers["traceparent"]);
        }

        Assert.Null(Activity.Current);
    }

    [Fact]
    public async Task What_a_batch_sends_carries_the_activity_that_put_it_there()
    {
        await using DurableQueue queue = await _engine.OpenQueueAsync(_name);
        await using Topic topic = await _engine.OpenTopicAsync(_name);
        WriteBatch batch = _engine.CreateBatch();
        string? id;
        using (Activity order = _source.StartActivity("order")!)
        {
            id = order.Id;
            queue.Enqueue(batch, QueueFixture.Message("x"));
            topic.Append(batch, new byte[1]);
        }

        await _engine.CommitAsync(batch);

        Assert.Equal(id, (await queue.TryReceiveAsync())!.Headers["traceparent"]);
        Assert.Equal(id, (await topic.ReadAsync(1, 1)).Records[0].Headers["traceparent"]);
    }

    [Fact]
    public async Task A_processor_is_linked_to_who_sent_and_has_the_tags_of_the_conventions()
    {
        await using DurableQueue queue = await _engine.OpenQueueAsync(_name);
        TaskCompletionSource handled = new();
        await using (QueueProcessor processor = new(
            queue,
            (_, _) =>
            {
                handled.TrySetResult();
                throw new InvalidOperationException("told");
            }))
        {
            processor.Start();
            await queue.EnqueueAsync(QueueFixture.Message("four"));
            await handled.Task.Soon();
            await processor.StopAsync().Soon();
        }

        Activity send = Stopped("send");
        Activity process = Assert.Single(
            _stopped,
            a => a.OperationName == $"process {_name}"
                && a.GetTagItem("logengine.message.delivery_count") is 1);
        Assert.Equal(send.Context.SpanId, Assert.Single(process.Links).Context.SpanId);
        Assert.Equal(ActivityStatusCode.Error, process.Status);
        foreach ((Activity activity, string operation) in new[] { (send, "send"), (process, "process") })
        {
            Assert.Equal("logengine", activity.GetTagItem("messaging.system"));
            Assert.Equal(_name, activity.GetTagItem("messaging.destination.name"));
            Assert.Equal(operation, activity.GetTagItem("messaging.operation.name"));
            Assert.Equal(operation, activity.GetTagItem("messaging.operation.type"));
            Assert.Equal(4, activity.GetTagItem("messaging.message.body.size"));
            Assert.Equal("queue", activity.GetTagItem("logengine.destination.kind"));
            Assert.IsType<long>(activity.GetTagItem("messaging.message.id"));
        }

        Assert.Equal(typeof(InvalidOperationException).FullName, process.GetTagItem("error.type"));
    }

    [Fact]
    public async Task A_send_that_fails_says_so()
    {
        await using DurableQueue queue = await _engine.OpenQueueAsync(
            _name, new QueueOptions { MaxMessages = 1 });
        await queue.EnqueueAsync(QueueFixture.Message("x"));
        await Assert.ThrowsAsync<QueueFullException>(
            async () => await queue.EnqueueAsync(QueueFixture.Message("y")));

        Activity failed = Assert.Single(
            _stopped, a => a.OperationName == $"send {_name}" && a.Status == ActivityStatusCode.Error);
        Assert.Equal(typeof(QueueFullException).FullName, failed.GetTagItem("error.type"));
    }

    [Fact]
    public async Task A_group_that_reads_is_linked_to_who_appended()
    {
        await using Topic topic = await _engine.OpenTopicAsync(_name);
        ConsumerGroup group = await topic.GetGroupAsync("audit");
        Assert.Empty((await group.ReadAsync(10)).Records);
        await topic.AppendAsync(new byte[1]);
        await topic.AppendManyAsync([new byte[1], new byte[1]]);

        TopicRead read = await group.ReadAsync(10);

        Assert.Equal(3, read.Records.Count);
        Activity[] sends = [.. _stopped.Where(a => a.OperationName == $"send {_name}")];
        Activity receive = Stopped("receive");
        Assert.Equal(2, sends.Length);
        Assert.Equal(
            sends.Select(send => send.SpanId.ToString()).Order(StringComparer.Ordinal),
            receive.Links.Select(link => link.Context.SpanId.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(ActivityKind.Client, receive.Kind);
        Assert.Equal("audit", receive.GetTagItem("messaging.consumer.group.name"));
        Assert.Equal(3, receive.GetTagItem("messaging.batch.message_count"));
        Assert.Equal("topic", receive.GetTagItem("logengine.destination.kind"));
        Assert.Null(Activity.Current);
    }

    private Activity Stopped(string operation) =>
        Assert.Single(_stopped, a => a.OperationName == $"{operation} {_name}");
}
