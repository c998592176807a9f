using System.Globalization;
using Akka.Actor;
using Akka.Hosting;
using Akka.Persistence.Query;
using Akka.Streams;
using Akka.Streams.Dsl;
using AkkaSample;
using LogEngine;
using LogEngine.Akka.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// Accounts that are paid into at the same time, and somebody who looks at large payments as they come. Started again
// with the same directory, the accounts have what they had, and he goes on where he was: his place is a key of the same
// engine.
string directory = args.Length > 0
    ? args[0]
    : Path.Combine(Path.GetTempPath(), $"logengine-akka-{Guid.NewGuid():N}");
HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Warning);

// The engine first: it is opened before the actor system starts, and closed after it has stopped.
builder.Services.AddLogEngine("bank", settings => settings.Embedded.Directory = directory);
builder.Services.AddAkka("bank", (akka, services) => akka.WithLogEnginePersistence(
    services.GetRequiredService<StorageEngine>(),
    journalBuilder: journal => journal.AddWriteEventAdapter<LargePayments>("large", [typeof(Paid)])));
using IHost host = builder.Build();
await host.StartAsync();
ActorSystem system = host.Services.GetRequiredService<ActorSystem>();
Keyspace places = host.Services.GetRequiredService<StorageEngine>().GetKeyspace("places");

Offset from = Offset.Sequence(long.Parse(
    await places.GetTextAsync("large") ?? "0", CultureInfo.InvariantCulture));
(UniqueKillSwitch stop, Task looking) = system
    .ReadJournalFor<LogEngineReadJournal>(LogEngineReadJournal.Identifier)
    .EventsByTag("large", from)
    .ViaMaterialized(KillSwitches.Single<EventEnvelope>(), Keep.Right)
    .SelectAsync(1, async envelope =>
    {
        Paid paid = (Paid)envelope.Event;
        await Console.Out.WriteLineAsync($"account {paid.Account}: {paid.Amount} were paid in");
        await places.PutAsync(
            "large", ((Sequence)envelope.Offset).Value.ToString(CultureInfo.InvariantCulture));
        return envelope;
    })
    .ToMaterialized(Sink.Ignore<EventEnvelope>(), Keep.Both)
    .Run(system.Materializer());

Random random = new();
int[] balances = await Task.WhenAll(Enumerable.Range(1, 8).Select(async number =>
{
    IActorRef account = system.ActorOf(Props.Create(() => new Account($"{number}")));
    int balance = 0;
    for (int payment = 0; payment < 250; payment++)
    {
        balance = await account.Ask<int>(new Pay(random.Next(-500, 910)));
    }

    return balance;
}));
await Console.Out.WriteLineAsync($"balances: {string.Join(' ', balances)}; the rest is in {directory}");
stop.Shutdown();
await looking;
await host.StopAsync();
