using LogEngine.Extensions;
using LogEngine.Stores.Queues;
using LogEngine.Unit.Queue;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LogEngine.Unit.Telemetry;

/// <summary>What happens in an application's host, so that it is told.</summary>
internal static class HostScenes
{
    internal static Dictionary<int, Func<CollectedEvents, Task>> All { get; } = new()
    {
        [200] = events => RunAsync(events, (_, _) => Task.CompletedTask),
        [201] = events => RunAsync(events, (_, _) => Task.CompletedTask),
        [202] = events => RunAsync(events, (engine, _) =>
        {
            engine.Lifetime.Log.Writer.Committer.Fault.Set(new IOException("the disk is gone"));
            return Task.CompletedTask;
        }),
        [210] = events => RunAsync(events, async (_, queue) =>
        {
            await queue.EnqueueAsync(QueueFixture.Message("refused"));
            await Eventually.IsTrueAsync(() => queue.Statistics.NegativelyAcknowledged > 0, "it is given back");
        }),
        [211] = events => RunAsync(events, (_, _) => Task.CompletedTask),
        [212] = events => RunAsync(events, (_, _) => Task.CompletedTask),
        [220] = events => RunAsync(events, async (engine, queue) =>
        {
            Keyspace rows = engine.GetStoreKeyspace($"logengine/recurring/{queue.Name}");
            await rows.PutAsync("nightly", "no row");
            Assert.Equal(1, (await new RecurringMessages(queue).RunDueAsync()).Failed);
        }),
        [221] = events => RunAsync(events, async (engine, _) =>
        {
            engine.Lifetime.Log.Writer.Committer.Fault.Set(new IOException("the disk is gone"));
            await Eventually.IsTrueAsync(() => events.Has(221), "its end is told");
        }),
        [213] = events => RunAsync(events, async (engine, queue) =>
        {
            // The second waits behind the first; receiving it is what fails.
            await queue.EnqueueAsync(QueueFixture.Message(FailingHandler.Patient));
            await queue.EnqueueAsync(QueueFixture.Message("next"));
            await Eventually.IsTrueAsync(() => queue.Statistics.Leased == 1, "it is handled");
            engine.Lifetime.Log.Writer.Committer.Fault.Set(new IOException("the disk is gone"));

            // Before the host stops it: then it ends as it should.
            await Eventually.IsTrueAsync(() => events.Has(213), "its end is told");
        }),
    };

    private static async Task RunAsync(
        CollectedEvents events, Func<EmbeddedEngine, DurableQueue, Task> scene)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(events));
        builder.Services.AddLogEngine("main", settings => settings.Engine = "memory")
            .AddQueue("work")
            .AddQueueHandler<FailingHandler>("work")
            .ConfigureQueueProcessor("work", new QueueProcessorOptions { Concurrency = 1 })
            .AddRecurringMessages("work");
        using IHost host = builder.Build();
        await host.StartAsync().Soon();
        DurableQueue queue = host.Services.GetRequiredKeyedService<DurableQueue>("work");
        await scene((EmbeddedEngine)queue.Engine, queue).Soon();
        await host.StopAsync().Soon();
    }

    /// <summary>Fails; of the patient message only once its engine is faulted.</summary>
    internal sealed class FailingHandler(EmbeddedEngine engine) : IQueueHandler<QueueDelivery>
    {
        internal const string Patient = "patient";

        public async ValueTask HandleAsync(
            QueueDelivery message, QueueContext context, CancellationToken cancellationToken)
        {
            if (QueueFixture.Text(message.Body) == Patient)
            {
                await engine.Faulted;
            }

            throw new InvalidOperationException("not today");
        }
    }
}
