using System.Globalization;
using Rebus.Retry.Simple;
using Rebus.Sagas;

namespace LogEngine.RebusTests;

/// <summary>
/// What is killed: this program, started with a directory, the first number to send and how many. It sends them to
/// itself and handles what is there; a line for each one whose sending is complete, and one when nothing is left.
/// </summary>
internal static class Worker
{
    internal static async Task<int> Main(string[] arguments)
    {
        Orphan.EndWithParent();
        int first = int.Parse(arguments[1], CultureInfo.InvariantCulture);
        int count = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(arguments[0]);
        Keyspace effects = engine.GetKeyspace("effects");
        using BuiltinHandlerActivator activator = new();
        activator.Register((bus, context) => new WorkSaga(bus, context, effects));
        IBus bus = Configure.With(activator)
            .Logging(l => l.None())
            .Transport(t => t.UseLogEngine(engine, "worker"))
            .Sagas(s => s.StoreInLogEngine(engine, "sagas"))
            .Options(o =>
            {
                o.SetMaxParallelism(4);
                o.RetryStrategy(maxDeliveryAttempts: 1000);
            })
            .Start();
        Say("ready");
        for (int number = first; number < first + count; number++)
        {
            await bus.SendLocal(new Work(number));
            Say($"sent {number}");
        }

        await using DurableQueue queue = await engine.OpenQueueAsync("worker", new QueueOptions { MaxDeliveries = 0 });
        while (await queue.GetStatisticsAsync() is not { Ready: 0, Leased: 0 })
        {
            await Task.Delay(10);
        }

        Say("end");
        return 0;
    }

    /// <summary>Of one message: how often it was handled, here and by a counter.</summary>
    internal sealed class WorkData : SagaData
    {
        public int Number { get; set; }

        public int Handled { get; set; }
    }

    private sealed class WorkSaga(IBus bus, IMessageContext context, Keyspace effects)
        : Saga<WorkData>, IAmInitiatedBy<Work>
    {
        public async Task Handle(Work message)
        {
            Data.Number = message.Number;
            Data.Handled++;
            context.GetLogEngineBatch().Increment(
                effects, string.Create(CultureInfo.InvariantCulture, $"{message.Number}"));
            await bus.Advanced.Routing.Send("done", new Done(message.Number));
            Say($"handled {message.Number}");
        }

        protected override void CorrelateMessages(ICorrelationConfig<WorkData> config) =>
            config.Correlate<Work>(work => work.Number, data => data.Number);
    }

    private static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
