using System.Globalization;

namespace LogEngine.AkkaTests;

/// <summary>
/// What is killed: this program, started with a directory. Its actors persist their next numbers again and again,
/// one or three at a time, save snapshots and delete what lies before them; a line for each number whose handler ran.
/// </summary>
internal static class Worker
{
    internal const int Actors = 8;

    internal static async Task<int> Main(string[] arguments)
    {
        Orphan.EndWithParent();
        ActorSystem system = Start(arguments[0]);
        for (int number = 0; number < Actors; number++)
        {
            StartCounter(system, number).Tell("go on");
        }

        Say("ready");
        await system.WhenTerminated;
        return 0;
    }

    internal static ActorSystem Start(string directory) => TestSystem.StartSystem(
        null,
        $$"""
        akka.persistence {
          journal.logengine.directory = "{{directory}}"
          snapshot-store.logengine.directory = "{{directory}}"
        }
        """);

    internal static IActorRef StartCounter(ActorSystem system, int number) =>
        system.ActorOf(Props.Create<Counter>($"counter-{number}"));

    /// <summary>What an actor has recovered: its highest sequence number, and its numbers.</summary>
    internal sealed record Recovered(string PersistenceId, long Highest, long[] Numbers);

    private sealed class Counter : ReceivePersistentActor
    {
        private readonly List<long> _numbers = [];
        private long _snapshot;

        public Counter(string persistenceId)
        {
            PersistenceId = persistenceId;
            Recover<long>(_numbers.Add);
            Recover<SnapshotOffer>(offer => _numbers.AddRange(((string)offer.Snapshot).Split(' ').Select(long.Parse)));
            Command<string>(command =>
            {
                if (command == "recovered")
                {
                    Sender.Tell(new Recovered(PersistenceId, LastSequenceNr, [.. _numbers]));
                }
                else
                {
                    Next();
                }
            });
            Command<SaveSnapshotSuccess>(saved => DeleteMessages(_snapshot = saved.Metadata.SequenceNr));
            Command<DeleteMessagesSuccess>(_ => DeleteSnapshots(new SnapshotSelectionCriteria(_snapshot - 1)));
            Command<DeleteSnapshotsSuccess>(_ => { });
        }

        public override string PersistenceId { get; }

        private void Next()
        {
            long next = LastSequenceNr + 1;
            long[] numbers = next % 5 == 0 ? [next, next + 1, next + 2] : [next];
            PersistAll(numbers, number =>
            {
                _numbers.Add(number);
                Say(string.Create(CultureInfo.InvariantCulture, $"persisted {PersistenceId} {number}"));
                if (number % 16 == 0)
                {
                    SaveSnapshot(string.Join(' ', _numbers));
                }

                if (number == numbers[^1])
                {
                    Self.Tell("go on");
                }
            });
        }
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
