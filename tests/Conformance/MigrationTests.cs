using System.Text;
using LogEngine.Conformance.Backends;
using LogEngine.Stores.Migration;
using LogEngine.Stores.Queues;

namespace LogEngine.Conformance;

/// <summary>Everything goes from one engine to another, and back.</summary>
public sealed class MigrationTests
{
    private static readonly MigrationOptions Resumed = new() { Resume = true };

    private readonly ManualTime _time = new();

    [Fact]
    public async Task Everything_goes_from_memory_to_files_and_back()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine first = Memory();
        await FurnishedEngine.FillAsync(first, hasQueues: true);
        List<string> before = await FurnishedEngine.ListAsync(first, hasQueues: true);
        await using EmbeddedEngine files = await StorageEngine.OpenAsync(
            scratch.Path, new StorageEngineOptions { TimeProvider = _time });
        MigrationReport report = await EngineMigration.RunAsync(first, files);
        Assert.True(report.IsComplete);
        Assert.Contains(report.Checks, check => check is { Name: "jobs", IsQueue: true, Count: 10 });
        Assert.Equal(before, await FurnishedEngine.ListAsync(files, hasQueues: true));
        Assert.Equal(before, await FurnishedEngine.ListAsync(first, hasQueues: true));
        await using EmbeddedEngine second = Memory();
        MigrationReport back = await EngineMigration.RunAsync(files, second);
        Assert.Equal(report.Checks, back.Checks);
        Assert.Equal(before, await FurnishedEngine.ListAsync(second, hasQueues: true));
    }

    /// <summary>A power loss came between the state's keyspace and its first key: it was refused for ever.</summary>
    [Fact]
    public async Task A_migration_that_was_cut_before_its_first_word_begins_anew()
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: true, isSmall: true);
        await using EmbeddedEngine target = Memory();
        Keyspace state = target.GetStoreKeyspace(MigrationState.KeyspaceName);
        await state.PutAsync("source"u8.ToArray(), new byte[16]);
        await state.DeleteAsync("source"u8.ToArray());
        Assert.True(await EngineMigration.IsUnfinishedAsync(target));
        MigrationReport report = await EngineMigration.RunAsync(source, target, Resumed);
        Assert.True(report.IsComplete);
        Assert.Equal(
            await FurnishedEngine.ListAsync(source, hasQueues: true),
            await FurnishedEngine.ListAsync(target, hasQueues: true));
    }

    [Fact]
    public async Task Versions_keep_their_order_within_a_keyspace()
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: false);
        await using EmbeddedEngine target = Memory();
        await EngineMigration.RunAsync(source, target);
        List<string> order = await FurnishedEngine.ByVersionAsync(source, "orders");
        Assert.NotEqual(order.Order(StringComparer.Ordinal), order);
        Assert.Equal(order, await FurnishedEngine.ByVersionAsync(target, "orders"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task A_keyspace_of_more_keys_than_fit_is_copied_in_the_order_of_versions(int mostKeys)
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: false, isSmall: true);
        await using EmbeddedEngine target = Memory();
        MigrationState state = await MigrationState.EnterAsync(source, target, false, true, default);
        using EmbeddedReadView view = source.OpenReadView();
        await new KeyspaceCopy(
            target,
            target.GetKeyspace("orders"),
            view.In(source.GetKeyspace("orders")),
            state,
            new MigrationMeter(null, target.LoggerFactory))
        {
            MostKeys = mostKeys,
        }.RunAsync(default);
        Assert.Equal(
            await FurnishedEngine.ByVersionAsync(source, "orders"),
            await FurnishedEngine.ByVersionAsync(target, "orders"));
    }

    [Fact]
    public void Keys_that_share_a_version_at_the_cut_wait_for_the_next_go()
    {
        OldestFirst oldest = new(3);
        long[] versions = [9, 4, 4, 1, 7, 4];
        for (byte i = 0; i < versions.Length; i++)
        {
            oldest.Add([i], versions[i]);
        }

        Assert.Equal(4, oldest.CutAt);
        Assert.Equal([1], oldest.Take().Select(found => found.Version));
    }

    [Fact]
    public async Task Everything_but_queues_goes_over_an_engine_of_the_contract_alone()
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: false);
        await using PlainEngine plain = new(new PlainStore(), _time);
        await EngineMigration.RunAsync(source, plain);
        await using EmbeddedEngine back = Memory();
        await EngineMigration.RunAsync(plain, back);
        Assert.Equal(
            await FurnishedEngine.ListAsync(source, hasQueues: false),
            await FurnishedEngine.ListAsync(back, hasQueues: false));
    }

    [Fact]
    public async Task A_migrated_queue_goes_on_where_it_was()
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        await using EmbeddedEngine target = Memory();
        await EngineMigration.RunAsync(source, target);
        await using DurableQueue queue = await target.OpenQueueAsync(
            "jobs", new QueueOptions { MaxDeliveries = 2 });
        QueueDelivery leased = (await queue.TryReceiveAsync())!;
        Assert.Equal(("leased", 2), (Text(leased), leased.DeliveryCount));
        await leased.AcknowledgeAsync();
        EnqueueResult again = await queue.EnqueueAsync(
            new QueueMessage("twice"u8.ToArray()) { DeduplicationId = "only" });
        Assert.Equal(EnqueueOutcome.Duplicate, again.Outcome);
        long known = (await queue.PeekAsync(100)).Max(message => message.Id);
        Assert.True((await queue.EnqueueAsync(new QueueMessage(default))).Id > known);
        DeadLetter dead = Assert.Single(await queue.DeadLetters.ListAsync().ToListAsync());
        Assert.Equal(("g", "it is wrong", 1), (dead.GroupId, dead.Reason, dead.DeliveryCount));
        Assert.Equal("1", dead.Headers["a"]);
        List<string> waiting = [];
        while (await queue.TryReceiveAsync() is { } delivery)
        {
            waiting.Add(delivery.Body.Length == 1 ? $"{delivery.GroupId}" : Text(delivery));
        }

        Assert.Equal(["once", "short-lived", "group 0", "group 1", ""], waiting);
        _time.Advance(TimeSpan.FromHours(1));
        QueueDelivery refused = (await queue.TryReceiveAsync())!;
        Assert.Equal(("refused", 2), (Text(refused), refused.DeliveryCount));
        _time.Advance(TimeSpan.FromHours(1));
        HashSet<string> later = [];
        while (await queue.TryReceiveAsync() is { } delivery)
        {
            later.Add(Text(delivery));
        }

        Assert.Contains("later", later);
    }

    [Fact]
    public async Task What_changes_after_a_copy_ahead_is_copied_afterwards()
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        await using EmbeddedEngine target = Memory();
        MigrationReport ahead = await EngineMigration.RunAsync(
            source, target, new MigrationOptions { Ahead = true });
        Assert.False(ahead.IsComplete);
        Assert.True(await EngineMigration.IsUnfinishedAsync(target));
        Assert.Empty(await target.ListQueuesAsync());

        Keyspace orders = source.GetKeyspace("orders");
        await orders.PutAsync("order 0001"u8.ToArray(), "other"u8.ToArray());
        await orders.PutAsync("order 0000"u8.ToArray(), "same"u8.ToArray());
        await orders.DeleteAsync("order 0003"u8.ToArray());
        await orders.TouchAsync("order 0004"u8.ToArray(), _time.GetUtcNow().AddDays(2));
        await orders.TouchAsync("order 0007"u8.ToArray(), null);
        await source.GetKeyspace("new").PutAsync("k"u8.ToArray(), "v"u8.ToArray());
        await source.DropKeyspaceAsync("large");
        MigrationReport rest = await EngineMigration.RunAsync(
            source, target, Resumed with { Verify = false });
        Assert.True(rest.IsComplete);
        Assert.Empty(rest.Checks);

        // Two values, two expiries, the new keyspace, and the queue with its ids: nothing else again.
        Assert.Equal(5 + 12, rest.Copied);
        Assert.Equal(2, rest.Removed);
        Assert.False(await EngineMigration.IsUnfinishedAsync(target));
        Assert.Equal(
            await FurnishedEngine.ListAsync(source, hasQueues: true),
            await FurnishedEngine.ListAsync(target, hasQueues: true));
        Assert.Equal(
            await FurnishedEngine.ByVersionAsync(source, "orders"),
            await FurnishedEngine.ByVersionAsync(target, "orders"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(12)]
    public async Task A_cancelled_migration_is_resumed_whatever_has_changed(int reports)
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        await using EmbeddedEngine target = Memory();
        using CancellationTokenSource stop = new();
        Told told = new(_ =>
        {
            if (--reports == 0)
            {
                stop.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => EngineMigration.RunAsync(source, target, null, told, stop.Token));
        await source.GetKeyspace("orders").PutAsync("order 0002"u8.ToArray(), "other"u8.ToArray());
        await source.GetKeyspace("orders").DeleteAsync("order 0008"u8.ToArray());
        await EngineMigration.RunAsync(source, target, Resumed);
        Assert.Equal(
            await FurnishedEngine.ListAsync(source, hasQueues: true),
            await FurnishedEngine.ListAsync(target, hasQueues: true));
    }

    [Fact]
    public async Task A_source_without_an_order_of_versions_is_compared_by_values()
    {
        await using PlainEngine source = new(new PlainStore(), _time);
        await FurnishedEngine.FillAsync(source, hasQueues: false);
        await using EmbeddedEngine target = Memory();
        await EngineMigration.RunAsync(source, target, new MigrationOptions { Ahead = true });
        await source.GetKeyspace("orders").PutAsync("order 0001"u8.ToArray(), "other"u8.ToArray());
        MigrationReport rest = await EngineMigration.RunAsync(source, target, Resumed);
        Assert.Equal(1, rest.Copied);
        Assert.Equal(
            await FurnishedEngine.ListAsync(source, hasQueues: false),
            await FurnishedEngine.ListAsync(target, hasQueues: false));
    }

    [Fact]
    public async Task Only_an_empty_target_or_one_of_the_same_source_is_taken()
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        await using EmbeddedEngine full = Memory();
        await full.GetKeyspace("k").PutAsync("k"u8.ToArray(), default);
        await RefusedAsync(MigrationObstacle.TargetNotEmpty, source, full, null);
        await RefusedAsync(MigrationObstacle.TargetNotEmpty, source, full, Resumed);
        await using EmbeddedEngine target = Memory();
        await EngineMigration.RunAsync(source, target, new MigrationOptions { Ahead = true });
        await RefusedAsync(MigrationObstacle.TargetUnfinished, source, target, null);
        await RefusedAsync(MigrationObstacle.OtherSource, full, target, Resumed);
        await using EmbeddedEngine empty = Memory();
        await RefusedAsync(MigrationObstacle.SourceUnfinished, target, empty, null);
        await using PlainEngine plain = new(new PlainStore(), _time);
        await RefusedAsync(MigrationObstacle.NoQueues, source, plain, null);
        Assert.Empty(await empty.ListKeyspacesAsync());
        Assert.Empty(await plain.ListKeyspacesAsync());
        await Assert.ThrowsAsync<ArgumentException>(() => EngineMigration.RunAsync(source, source));
    }

    [Fact]
    public async Task A_target_that_somebody_has_changed_is_found_and_mended()
    {
        await using EmbeddedEngine source = Memory();
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        await using EmbeddedEngine target = Memory();
        await EngineMigration.RunAsync(source, target, new MigrationOptions { Ahead = true });
        await target.GetKeyspace("orders").PutAsync("order 0001"u8.ToArray(), "not ours"u8.ToArray());
        MigrationMismatchException error = await Assert.ThrowsAsync<MigrationMismatchException>(
            () => EngineMigration.RunAsync(source, target, Resumed));
        Assert.Equal("orders", error.Name);
        Assert.Equal("order 0001", Encoding.UTF8.GetString(error.Key.Span));
        Assert.True(await EngineMigration.IsUnfinishedAsync(target));
        await EngineMigration.RunAsync(source, target, Resumed);
        Assert.Equal(
            await FurnishedEngine.ListAsync(source, hasQueues: true),
            await FurnishedEngine.ListAsync(target, hasQueues: true));
    }

    private static string Text(QueueDelivery delivery) => Encoding.UTF8.GetString(delivery.Body.Span);

    private static async Task RefusedAsync(
        MigrationObstacle expected, StorageEngine source, StorageEngine target, MigrationOptions? options) =>
        Assert.Equal(
            expected,
            (await Assert.ThrowsAsync<MigrationRefusedException>(
                () => EngineMigration.RunAsync(source, target, options))).Obstacle);

    private EmbeddedEngine Memory() => StorageEngine.OpenInMemory(
        new StorageEngineOptions { TimeProvider = _time });

    private sealed class Told(Action<MigrationProgress> tell) : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value) => tell(value);
    }
}
