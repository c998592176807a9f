using System.Text;
using Rebus.DataBus;
using Rebus.Subscriptions;
using Rebus.Timeouts;
using Rebus.Transport.InMem;

namespace LogEngine.RebusTests;

/// <summary>Subscriptions, timeouts and attachments in an engine.</summary>
public sealed class StorageTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_published_reaches_those_who_subscribed_and_no_others(bool files)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files);
        TaskCompletionSource<int> heard = new(TaskCreationOptions.RunContinuationsAsynchronously);
        RebusConfigurer Subscriptions(RebusConfigurer c) =>
            c.Subscriptions(s => s.StoreInLogEngine(engine.Engine, "subscriptions"));
        using BuiltinHandlerActivator subscriber = new();
        subscriber.Handle<Done>(done =>
        {
            heard.TrySetResult(done.Number);
            return Task.CompletedTask;
        });
        IBus subscribing = engine.Start(subscriber, "subscriber", configure: Subscriptions);
        using BuiltinHandlerActivator publisher = new();
        IBus publishing = engine.Start(publisher, "publisher", configure: Subscriptions);

        await publishing.Publish(new Done(1));
        await subscribing.Subscribe<Done>();
        await publishing.Publish(new Done(2));
        Assert.Equal(2, await heard.Task.Soon());

        await subscribing.Unsubscribe<Done>();
        await publishing.Publish(new Done(3));
        Assert.Equal(1, (await engine.StatisticsAsync("subscriber")).Enqueued);
    }

    [Fact]
    public async Task A_topic_that_begins_as_another_one_has_its_own_subscribers()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        ISubscriptionStorage storage = Get<ISubscriptionStorage>(engine, (c, got) => c.Subscriptions(s =>
        {
            s.StoreInLogEngine(engine.Engine, "subscriptions");
            s.Decorate(r => got(r.Get<ISubscriptionStorage>()));
        }));
        await storage.RegisterSubscriber("orders", "a");
        await storage.RegisterSubscriber("orders", "b");
        await storage.RegisterSubscriber("orders", "b");
        await storage.RegisterSubscriber("orders2", "c");

        Assert.True(storage.IsCentralized);
        Assert.Equal(["a", "b"], await storage.GetSubscriberAddresses("orders"));
        await storage.UnregisterSubscriber("orders", "a");
        Assert.Equal(["b"], await storage.GetSubscriberAddresses("orders"));
        Assert.Equal(["c"], await storage.GetSubscriberAddresses("orders2"));
        Assert.Empty(await storage.GetSubscriberAddresses("order"));
    }

    [Fact]
    public async Task Messages_that_another_transport_defers_wait_in_the_engine()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        TaskCompletionSource<int> handled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using BuiltinHandlerActivator activator = new();
        activator.Handle<Work>(work =>
        {
            handled.TrySetResult(work.Number);
            return Task.CompletedTask;
        });
        IBus bus = Configure.With(activator)
            .Logging(l => l.None())
            .Transport(t => t.UseInMemoryTransport(new InMemNetwork(), "worker"))
            .Timeouts(t => t.StoreInLogEngine(engine.Engine, "timeouts"))
            .Start();

        await bus.DeferLocal(TimeSpan.FromSeconds(1), new Work(9));

        Assert.Equal(9, await handled.Task.Soon());
    }

    [Fact]
    public async Task A_due_message_that_was_not_completed_is_due_again()
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files: false);
        using BuiltinHandlerActivator activator = new();
        ITimeoutManager? timeouts = null;
        using IBus bus = Configure.With(activator)
            .Logging(l => l.None())
            .Transport(t => t.UseInMemoryTransport(new InMemNetwork(), "worker"))
            .Timeouts(t =>
            {
                t.StoreInLogEngine(engine.Engine, "timeouts");
                t.Decorate(c => timeouts = c.Get<ITimeoutManager>());
            })
            .Options(o => o.SetDueTimeoutsPollInterval(TimeSpan.FromHours(1)))
            .Start();
        Dictionary<string, string> headers = new() { ["name"] = "value" };
        await timeouts!.Defer(DateTimeOffset.UtcNow.AddHours(1), headers, [1]);
        await timeouts.Defer(DateTimeOffset.UtcNow.AddSeconds(-1), headers, [2]);

        using (DueMessagesResult due = await timeouts.GetDueMessages())
        {
            DueMessage message = Assert.Single(due);
            Assert.Equal("value", message.Headers["name"]);
        }

        using (DueMessagesResult due = await timeouts.GetDueMessages())
        {
            DueMessage message = Assert.Single(due);
            Assert.Equal([2], message.Body);
            await message.MarkAsCompleted();
            await due.Complete();
        }

        using DueMessagesResult none = await timeouts.GetDueMessages();
        Assert.Empty(none);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Attachments_are_kept_by_their_ids(bool files)
    {
        await using TestEngine engine = await TestEngine.OpenAsync(files);
        IDataBusStorageManagement? management = null;
        using BuiltinHandlerActivator activator = new();
        IDataBusStorage? storage = null;
        engine.Start(activator, "unused", configure: c => c.DataBus(d =>
        {
            d.StoreInLogEngine(engine.Engine, "attachments");
            d.Decorate(r => storage = r.Get<IDataBusStorage>());
            d.OtherService<IDataBusStorageManagement>().Decorate(r => management = r.Get<IDataBusStorageManagement>());
        }));
        byte[] content = Encoding.UTF8.GetBytes(new string('a', 300_000));
        await storage!.Save("one", new MemoryStream(content), new Dictionary<string, string> { ["name"] = "value" });
        await storage.Save("other", new MemoryStream(content));

        Dictionary<string, string> known = await storage.ReadMetadata("one");
        Assert.Equal("value", known["name"]);
        Assert.Equal("300000", known[MetadataKeys.Length]);
        Assert.DoesNotContain(MetadataKeys.ReadTime, known.Keys);
        await management!.Delete("other");
        using (Stream read = await storage.Read("one"))
        {
            using MemoryStream copy = new();
            await read.CopyToAsync(copy);
            Assert.Equal(content, copy.ToArray());
        }

        Assert.Contains(MetadataKeys.ReadTime, (await storage.ReadMetadata("one")).Keys);
        Assert.Equal(["one"], management.Query());
        Assert.Empty(management.Query(saveTime: new TimeRange(to: DateTimeOffset.UtcNow.AddHours(-1))));
        await Assert.ThrowsAsync<ArgumentException>(() => storage.Read("other"));
        await Assert.ThrowsAsync<ArgumentException>(() => storage.ReadMetadata("other"));
    }

    private static T Get<T>(TestEngine engine, Func<RebusConfigurer, Func<T, T>, RebusConfigurer> configure)
        where T : class
    {
        T? found = null;
        using BuiltinHandlerActivator activator = new();
        engine.Start(activator, "unused", configure: c => configure(c, got => found = got));
        return found!;
    }
}
