using System.Collections.Immutable;
using Akka.Persistence.Journal;

namespace LogEngine.AkkaTests;

/// <summary>
/// What Akka asks of a journal, by the messages that persistent actors exchange with it: the cases of its own suite for
/// authors of journals, and what this one promises beyond them.
/// </summary>
public sealed class JournalTests
{
    private const long Max = long.MaxValue;

    [Fact]
    public async Task Events_are_replayed_within_bounds()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        await WriteFiveAsync(system, "p");
        foreach ((long from, long to, long max, string expected) in new[]
        {
            (1, Max, Max, "1 2 3 4 5"),
            (0, Max, Max, "1 2 3 4 5"),
            (3, Max, Max, "3 4 5"),
            (1, 3, Max, "1 2 3"),
            (1, Max, 3, "1 2 3"),
            (2, 3, Max, "2 3"),
            (2, 5, 2, "2 3"),
            (2, 2, Max, "2"),
            (2, 4, 1, "2"),
            (2, 4, 0, ""),
            (3, 2, Max, ""),
        })
        {
            (List<IPersistentRepresentation> replayed, long highest) =
                await ReplayAsync(system, "p", from, to, max);

            Assert.Equal(expected, string.Join(' ', replayed.Select(persistent => persistent.SequenceNr)));
            Assert.All(replayed, persistent =>
            {
                Assert.Equal($"a-{persistent.SequenceNr}", persistent.Payload);
                Assert.Equal("p", persistent.PersistenceId);
                Assert.Equal("writer", persistent.WriterGuid);
                Assert.False(persistent.IsDeleted);
                Assert.True(persistent.Timestamp > 0);
            });
            Assert.Equal(5, highest);
        }
    }

    [Fact]
    public async Task Of_an_id_that_has_written_nothing_nothing_is_replayed()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        await WriteFiveAsync(system, "p");

        foreach (string other in new[] { "unknown", "", "p2" })
        {
            (List<IPersistentRepresentation> replayed, long highest) = await ReplayAsync(system, other);
            Assert.Empty(replayed);
            Assert.Equal(0, highest);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_deleted_is_not_replayed_and_the_highest_number_stays(bool files)
    {
        await using TestSystem system = await TestSystem.StartAsync(files);
        await WriteFiveAsync(system, "p");

        await DeleteAsync(system, "p", 3);
        (List<IPersistentRepresentation> replayed, long highest) = await ReplayAsync(system, "p");
        Assert.Equal([4, 5], replayed.Select(persistent => persistent.SequenceNr));
        Assert.Equal(5, highest);

        await DeleteAsync(system, "p", Max);
        await DeleteAsync(system, "p", Max);
        await DeleteAsync(system, "unknown", Max);
        (replayed, highest) = await ReplayAsync(system, "p");
        Assert.Empty(replayed);
        Assert.Equal(5, highest);

        // Another journal on the same engine knows nothing from memory.
        await using TestSystem other = TestSystem.StartOn(system.Engine);
        Assert.Equal(5, (await ReplayAsync(other, "p")).Highest);
    }

    /// <summary>The feeds that lead to an event hold versions next to its own; a deletion finds them by that.</summary>
    [Theory]
    [InlineData(10, 40)]
    [InlineData(300_000, 4)]
    public async Task Nothing_but_the_highest_number_is_left_of_deleted_events(int length, int count)
    {
        await using TestSystem system = await TestSystem.StartAsync();
        IActorRef recorder = system.Start("p");
        for (int number = 0; number < count; number++)
        {
            await recorder.PersistAsync(
                "green and black " + new string('x', length), "nothing", "blue " + new string('x', length));
        }

        Keyspace journal = system.Engine.GetStoreKeyspace("logengine/akka/journal/default");
        Assert.Equal(count * (3 + 3 + 3) + 2, await journal.CountAsync());
        await recorder.DeleteAsync(3 * count - 1);
        Assert.Equal(1 + 2 + 2, await journal.CountAsync());
        await recorder.DeleteAsync(3 * count);

        // That there is the id, and its place among all ids.
        Assert.Equal(2, await journal.CountAsync());
        Assert.Equal(3 * count + 1, await recorder.PersistAsync("more"));
    }

    [Fact]
    public async Task More_events_are_deleted_than_one_commit_takes()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        IActorRef recorder = system.Start("p");
        await recorder.PersistAsync([.. Enumerable.Range(1, 1000).Select(number => $"{number}")]);

        await recorder.DeleteAsync(700);

        (List<IPersistentRepresentation> replayed, long highest) = await ReplayAsync(system, "p");
        Assert.Equal(Enumerable.Range(701, 300), replayed.Select(persistent => (int)persistent.SequenceNr));
        Assert.Equal(1000, highest);
    }

    [Fact]
    public async Task Events_are_written_by_their_serializers_with_manifests()
    {
        const string Serializers = """
            akka.actor {
              serializers.versioned = "LogEngine.AkkaTests.VersionedSerializer, LogEngine.AkkaTests"
              serialization-bindings."LogEngine.AkkaTests.Versioned, LogEngine.AkkaTests" = versioned
            }
            """;
        await using TestSystem system = await TestSystem.StartAsync(more: Serializers);
        Mailbox sender = system.NewMailbox();
        Versioned written = new("text", sender.Ref);
        await WriteAsync(system, sender, new AtomicWrite(Event("p", 1, written)));
        Assert.Equal(written, (await sender.NextAsync<WriteMessageSuccess>()).Persistent.Payload);

        IPersistentRepresentation replayed = Assert.Single((await ReplayAsync(system, "p")).Replayed);

        Assert.Equal(written with { Read = "v2" }, replayed.Payload);
        Assert.Equal("adapter", replayed.Manifest);
    }

    [Fact]
    public async Task An_event_that_cannot_be_serialized_is_rejected_and_the_others_are_written()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        Mailbox sender = system.NewMailbox();

        await WriteAsync(
            system,
            sender,
            new AtomicWrite(Event("p", 1, "b-1")),
            new AtomicWrite([Event("p", 2, "b-2"), Event("p", 3, new NotSerializable())]),
            new AtomicWrite(Event("p", 4, "b-4")));

        Assert.Equal(1, (await sender.NextAsync<WriteMessageSuccess>()).Persistent.SequenceNr);
        Assert.Equal(2, (await sender.NextAsync<WriteMessageRejected>()).Persistent.SequenceNr);
        Assert.Equal(3, (await sender.NextAsync<WriteMessageRejected>()).Persistent.SequenceNr);
        Assert.Equal(4, (await sender.NextAsync<WriteMessageSuccess>()).Persistent.SequenceNr);
        Assert.Equal(
            ["b-1", "b-4"], (await ReplayAsync(system, "p")).Replayed.Select(persistent => persistent.Payload));
    }

    [Fact]
    public async Task What_no_commit_can_hold_is_rejected_and_what_several_can_is_written()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        Mailbox sender = system.NewMailbox();
        byte[] large = new byte[10 << 20];

        await WriteAsync(
            system,
            sender,
            [
                new AtomicWrite(Event("p", 1, new byte[StorageEngine.MaxValueBytes])),
                .. Enumerable.Range(2, 3).Select(number => new AtomicWrite(Event("p", number, large))),
            ]);

        Assert.IsType<RecordTooLargeException>((await sender.NextAsync<WriteMessageRejected>()).Cause);
        for (int number = 2; number <= 4; number++)
        {
            await sender.NextAsync<WriteMessageSuccess>();
        }

        Assert.Equal(
            Enumerable.Range(2, 3),
            (await ReplayAsync(system, "p")).Replayed.Select(persistent => (int)persistent.SequenceNr));
    }

    [Fact]
    public async Task A_sequence_number_is_not_given_twice()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        await WriteFiveAsync(system, "p");
        Mailbox sender = system.NewMailbox();

        system.Journal.Tell(new WriteMessages(
            [new AtomicWrite([Event("p", 6, "b-6"), Event("p", 5, "b-5")])], sender.Ref, 1));

        Assert.Contains("'p' has an event 5", (await sender.NextAsync<WriteMessagesFailed>()).Cause.Message);
        (List<IPersistentRepresentation> replayed, long highest) = await ReplayAsync(system, "p");
        Assert.Equal("a-5", replayed[^1].Payload);
        Assert.Equal(5, highest);
    }

    [Fact]
    public async Task Ids_and_tags_may_be_as_long_as_a_key_allows_and_no_longer()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        string longest = new('ä', 1018);
        Mailbox sender = system.NewMailbox();
        await WriteAsync(
            system,
            sender,
            new AtomicWrite(Event(longest, 1, new Tagged("fits", ImmutableHashSet.Create(longest)))),
            new AtomicWrite(Event(longest, 2, new Tagged("too long", ImmutableHashSet.Create(longest + "x")))));

        await sender.NextAsync<WriteMessageSuccess>();
        Assert.IsType<ArgumentException>((await sender.NextAsync<WriteMessageRejected>()).Cause);
        Assert.Equal("fits", Assert.Single((await ReplayAsync(system, longest)).Replayed).Payload);
        system.Journal.Tell(new ReplayMessages(1, Max, Max, longest + "x", sender.Ref));
        Assert.IsType<ArgumentException>((await sender.NextAsync<ReplayMessagesFailure>()).Cause);
    }

    /// <summary>
    /// A journal that waited for one actor's events before it took the next would write a group for each.
    /// </summary>
    [Fact]
    public async Task Actors_that_persist_at_the_same_time_share_commits()
    {
        await using TestSystem system = await TestSystem.StartAsync(files: true);
        const int Actors = 64;
        const int Each = 20;
        IActorRef[] recorders = [.. Enumerable.Range(0, Actors).Select(number => system.Start($"p-{number}"))];
        await Task.WhenAll(recorders.Select(recorder => recorder.PersistAsync("first")));
        long groups = system.Embedded.Statistics.Log.GroupsWritten;

        await Task.WhenAll(recorders.Select(async recorder =>
        {
            for (int number = 2; number <= Each; number++)
            {
                Assert.Equal(number, await recorder.PersistAsync($"{number}"));
            }
        }));

        groups = system.Embedded.Statistics.Log.GroupsWritten - groups;
        Assert.True(groups < Actors * (Each - 1) / 2, $"{groups} groups for {Actors * (Each - 1)} writes");
    }

    private static Persistent Event(string id, long number, object payload) =>
        new(payload, number, id, "adapter", isDeleted: false, sender: null, writerGuid: "writer");

    private static async Task WriteFiveAsync(TestSystem system, string id)
    {
        Mailbox sender = system.NewMailbox();
        await WriteAsync(
            system,
            sender,
            [
                .. Enumerable.Range(1, 3).Select(number => new AtomicWrite(Event(id, number, $"a-{number}"))),
                new AtomicWrite([Event(id, 4, "a-4"), Event(id, 5, "a-5")]),
            ]);
        for (int number = 1; number <= 5; number++)
        {
            Assert.Equal(number, (await sender.NextAsync<WriteMessageSuccess>()).Persistent.SequenceNr);
        }
    }

    private static async Task WriteAsync(TestSystem system, Mailbox sender, params AtomicWrite[] writes)
    {
        system.Journal.Tell(new WriteMessages(writes, sender.Ref, 1));
        await sender.NextAsync<WriteMessagesSuccessful>();
    }

    private static async Task DeleteAsync(TestSystem system, string id, long to)
    {
        Mailbox sender = system.NewMailbox();
        system.Journal.Tell(new DeleteMessagesTo(id, to, sender.Ref));
        Assert.Equal(to, (await sender.NextAsync<DeleteMessagesSuccess>()).ToSequenceNr);
    }

    private static async Task<(List<IPersistentRepresentation> Replayed, long Highest)> ReplayAsync(
        TestSystem system, string id, long from = 1, long to = Max, long max = Max)
    {
        Mailbox receiver = system.NewMailbox();
        system.Journal.Tell(new ReplayMessages(from, to, max, id, receiver.Ref));
        List<IPersistentRepresentation> replayed = [];
        while (true)
        {
            switch (await receiver.NextAsync<object>())
            {
                case ReplayedMessage message:
                    replayed.Add(message.Persistent);
                    break;
                case RecoverySuccess success:
                    return (replayed, success.HighestSequenceNr);
                case var other:
                    Assert.Fail($"{other}");
                    break;
            }
        }
    }

    private sealed class NotSerializable
    {
        public string Text => throw new NotSupportedException("on purpose");
    }
}
