namespace LogEngine.AkkaTests;

/// <summary>
/// What Akka asks of a snapshot store, by the messages that persistent actors exchange with it: the cases of its own
/// suite for authors of stores, and what this one promises beyond them.
/// </summary>
public sealed class SnapshotTests
{
    private const long Max = long.MaxValue;

    [Fact]
    public async Task The_newest_that_the_criteria_let_pass_is_loaded()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        SnapshotMetadata[] saved = await SaveFiveAsync(system);

        await Loads(null, "unknown", SnapshotSelectionCriteria.Latest);
        await Loads(null, "p", SnapshotSelectionCriteria.None);
        await Loads(null, "p", new SnapshotSelectionCriteria(Max, new DateTime(100_000)));
        await Loads(null, "p", new SnapshotSelectionCriteria(7));
        await Loads(null, "p", SnapshotSelectionCriteria.Latest, 7);
        await Loads(5, "p", SnapshotSelectionCriteria.Latest);
        await Loads(3, "p", new SnapshotSelectionCriteria(13));
        await Loads(3, "p", SnapshotSelectionCriteria.Latest, 13);
        await Loads(3, "p", new SnapshotSelectionCriteria(13, saved[2].Timestamp));
        await Loads(3, "p", new SnapshotSelectionCriteria(Max, saved[2].Timestamp), 13);
        await Loads(2, "p", new SnapshotSelectionCriteria(Max, saved[2].Timestamp.AddTicks(-1)));
        await Loads(3, "p", new SnapshotSelectionCriteria(13, DateTime.MaxValue, 13));
        await Loads(null, "p", new SnapshotSelectionCriteria(13, DateTime.MaxValue, 14));
        await Loads(null, "p", new SnapshotSelectionCriteria(12, DateTime.MaxValue, 0, saved[2].Timestamp));

        async Task Loads(int? expected, string id, SnapshotSelectionCriteria criteria, long to = Max)
        {
            LoadSnapshotResult result = await LoadAsync(system, id, criteria, to);
            Assert.Equal(to, result.ToSequenceNr);
            if (expected is { } number)
            {
                Assert.Equal(saved[number - 1], result.Snapshot.Metadata);
                Assert.Equal($"s-{number}", result.Snapshot.Snapshot);
            }
            else
            {
                Assert.Null(result.Snapshot);
            }
        }
    }

    [Fact]
    public async Task One_is_deleted_by_its_number_and_by_its_time_if_that_is_named()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        SnapshotMetadata[] saved = await SaveFiveAsync(system);
        Mailbox sender = system.NewMailbox();

        system.Snapshots.Tell(new DeleteSnapshot(new SnapshotMetadata("p", 13, DateTime.MinValue)), sender.Ref);
        await sender.NextAsync<DeleteSnapshotSuccess>();
        Assert.Equal("s-2", (await LoadAsync(system, "p", new SnapshotSelectionCriteria(13))).Snapshot.Snapshot);

        system.Snapshots.Tell(
            new DeleteSnapshot(new SnapshotMetadata("p", 15, saved[4].Timestamp.AddSeconds(1))), sender.Ref);
        await sender.NextAsync<DeleteSnapshotSuccess>();
        Assert.Equal("s-5", (await LoadAsync(system, "p", SnapshotSelectionCriteria.Latest)).Snapshot.Snapshot);

        system.Snapshots.Tell(new DeleteSnapshot(saved[4]), sender.Ref);
        await sender.NextAsync<DeleteSnapshotSuccess>();
        Assert.Equal("s-4", (await LoadAsync(system, "p", SnapshotSelectionCriteria.Latest)).Snapshot.Snapshot);
    }

    [Fact]
    public async Task Many_are_deleted_by_criteria_and_no_others()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        SnapshotMetadata[] saved = await SaveFiveAsync(system);
        await SaveAsync(system, new SnapshotMetadata("q", 1, DateTime.MinValue), "other");

        await DeleteAsync(system, new SnapshotSelectionCriteria(14, saved[0].Timestamp.AddTicks(-1)));
        await DeleteAsync(system, new SnapshotSelectionCriteria(10));
        Assert.Equal(6, await CountAsync(system));
        await DeleteAsync(system, new SnapshotSelectionCriteria(13, saved[1].Timestamp));
        Assert.Equal(4, await CountAsync(system));
        Assert.Null((await LoadAsync(system, "p", new SnapshotSelectionCriteria(12))).Snapshot);
        Assert.Equal("s-3", (await LoadAsync(system, "p", new SnapshotSelectionCriteria(13))).Snapshot.Snapshot);
        await DeleteAsync(system, new SnapshotSelectionCriteria(14));
        Assert.Equal("s-5", (await LoadAsync(system, "p", SnapshotSelectionCriteria.Latest)).Snapshot.Snapshot);
        await DeleteAsync(system, SnapshotSelectionCriteria.Latest);
        Assert.Equal(1, await CountAsync(system));
        Assert.Equal("other", (await LoadAsync(system, "q", SnapshotSelectionCriteria.Latest)).Snapshot.Snapshot);
    }

    [Fact]
    public async Task Another_one_of_the_same_number_replaces_it()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        SnapshotMetadata[] saved = await SaveFiveAsync(system);

        await SaveAsync(system, saved[4], "s-5-modified");

        SelectedSnapshot loaded = (await LoadAsync(system, "p", SnapshotSelectionCriteria.Latest)).Snapshot;
        Assert.Equal("s-5-modified", loaded.Snapshot);
        Assert.Equal(5, await CountAsync(system));
    }

    /// <summary>
    /// Large ones are written in chunks ahead of their commit, which must not let a later one overtake.
    /// </summary>
    [Theory]
    [InlineData(10)]
    [InlineData(300_000)]
    public async Task Of_many_that_are_saved_at_once_the_last_one_stays(int length)
    {
        await using TestSystem system = await TestSystem.StartAsync(files: true);
        Mailbox sender = system.NewMailbox();
        const int Count = 20;
        for (int number = 1; number <= Count; number++)
        {
            SnapshotMetadata metadata = new("p", 1, DateTime.MinValue);
            system.Snapshots.Tell(
                new SaveSnapshot(metadata, $"{number} {new string('x', length / number)}"), sender.Ref);
        }

        for (int number = 1; number <= Count; number++)
        {
            await sender.NextAsync<SaveSnapshotSuccess>();
        }

        SelectedSnapshot loaded = (await LoadAsync(system, "p", SnapshotSelectionCriteria.Latest)).Snapshot;
        Assert.StartsWith($"{Count} ", (string)loaded.Snapshot);
    }

    [Fact]
    public async Task Snapshots_are_written_by_their_serializers_with_manifests()
    {
        const string Serializers = """
            akka.actor {
              serializers.versioned = "LogEngine.AkkaTests.VersionedSerializer, LogEngine.AkkaTests"
              serialization-bindings."LogEngine.AkkaTests.Versioned, LogEngine.AkkaTests" = versioned
            }
            """;
        await using TestSystem system = await TestSystem.StartAsync(more: Serializers);
        Versioned written = new("text", system.NewMailbox().Ref);
        await SaveAsync(system, new SnapshotMetadata("p", 1, DateTime.MinValue), written);
        Assert.Equal(
            written with { Read = "v2" },
            (await LoadAsync(system, "p", SnapshotSelectionCriteria.Latest)).Snapshot.Snapshot);

        byte[] large = new byte[3 << 20];
        new Random(1).NextBytes(large);
        await SaveAsync(system, new SnapshotMetadata("p", 2, DateTime.MinValue), large);
        SelectedSnapshot loaded = (await LoadAsync(system, "p", SnapshotSelectionCriteria.Latest)).Snapshot;
        Assert.True(large.AsSpan().SequenceEqual((byte[])loaded.Snapshot));

        AtLeastOnceDeliverySnapshot deliveries = new(17, [new UnconfirmedDelivery(1, written.Actor.Path, "a")]);
        await SaveAsync(system, new SnapshotMetadata("p", 3, DateTime.MinValue), deliveries);
        Assert.Equal(deliveries, (await LoadAsync(system, "p", SnapshotSelectionCriteria.Latest)).Snapshot.Snapshot);
    }

    private static async Task<SnapshotMetadata[]> SaveFiveAsync(TestSystem system)
    {
        List<SnapshotMetadata> saved = [];
        DateTime first = DateTime.UtcNow;
        for (int number = 1; number <= 5; number++)
        {
            SnapshotMetadata metadata = new("p", 10 + number, first.AddSeconds(number));
            saved.Add(await SaveAsync(system, metadata, $"s-{number}"));
        }

        return [.. saved];
    }

    private static async Task<SnapshotMetadata> SaveAsync(
        TestSystem system, SnapshotMetadata metadata, object snapshot)
    {
        Mailbox sender = system.NewMailbox();
        system.Snapshots.Tell(new SaveSnapshot(metadata, snapshot), sender.Ref);
        return (await sender.NextAsync<SaveSnapshotSuccess>()).Metadata;
    }

    private static async Task<LoadSnapshotResult> LoadAsync(
        TestSystem system, string id, SnapshotSelectionCriteria criteria, long to = Max)
    {
        Mailbox sender = system.NewMailbox();
        system.Snapshots.Tell(new LoadSnapshot(id, criteria, to), sender.Ref);
        return await sender.NextAsync<LoadSnapshotResult>();
    }

    private static async Task DeleteAsync(TestSystem system, SnapshotSelectionCriteria criteria)
    {
        Mailbox sender = system.NewMailbox();
        system.Snapshots.Tell(new DeleteSnapshots("p", criteria), sender.Ref);
        Assert.Equal(criteria, (await sender.NextAsync<DeleteSnapshotsSuccess>()).Criteria);
    }

    private static async Task<long> CountAsync(TestSystem system) =>
        await system.Engine.GetStoreKeyspace("logengine/akka/snapshots/default").CountAsync();
}
