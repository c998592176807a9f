using System.Buffers;
using LogEngine.Stores;
using LogEngine.Stores.Queues;
using Xunit.Abstractions;

namespace LogEngine.Unit.Engine;

/// <summary>Tests that count what the whole process allocates: nothing else may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneGroup
{
    internal const string Name = "alone";
}

/// <summary>
/// Case D3: with values of 1 KiB a plain put allocated 182 bytes, a compare-and-set with its get 6,038,
/// a batch of one put 5,624, a scan of one key 7,161, an append to a run 13,115, receiving and
/// acknowledging 4,496. Counted, not timed: the ceilings leave room for what the engine does beside it,
/// and none for a buffer of the old kind. A batch copies its value, a delivery has its own.
/// </summary>
[Collection(AloneGroup.Name)]
public sealed class AllocationTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Rounds = 500;

    private readonly ScratchDirectory _scratch = new();
    private readonly byte[] _value = new byte[1024];

    /// <summary>On files: the disk of an engine in memory is made of arrays itself.</summary>
    private EmbeddedEngine _engine = null!;

    private EmbeddedKeyspace Keys => _engine.GetKeyspace("k");

    public async Task InitializeAsync()
    {
        _engine = await StorageEngine.OpenAsync(_scratch.Path);
        for (int i = 0; i < 100; i++)
        {
            await Keys.PutAsync(BusyEngine.Number(i), _value, Durability.ProcessCrash);
        }
    }

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Fact]
    public async Task A_put() => await CostsAtMostAsync(400, async i =>
        await Keys.PutAsync(BusyEngine.Number(i % 100), _value, Durability.ProcessCrash));

    [Fact]
    public async Task A_compare_and_set_with_its_get() => await CostsAtMostAsync(1_000, async i =>
    {
        byte[] key = BusyEngine.Number(i % 100);
        using StoredValue? was = await Keys.GetAsync(key);
        ConditionalResult result = await Keys.CompareAndSetAsync(
            key, _value, was!.Version, Durability.ProcessCrash);
        Assert.True(result.Applied);
    });

    /// <summary>Case D4: it took a put of the whole value, and allocated 7.4 KB.</summary>
    [Fact]
    public async Task A_touch() => await CostsAtMostAsync(400, async i =>
        Assert.True(await Keys.TouchAsync(
            BusyEngine.Number(i % 100), DateTimeOffset.MaxValue, Durability.ProcessCrash)));

    [Fact]
    public async Task A_refused_condition() => await CostsAtMostAsync(600, async i =>
    {
        ConditionalResult result = await Keys.PutIfAbsentAsync(
            BusyEngine.Number(i % 100), _value, Durability.ProcessCrash);
        Assert.False(result.Applied);
    });

    [Fact]
    public async Task A_batch_of_one_put() => await CostsAtMostAsync(2_000, async i =>
    {
        WriteBatch batch = _engine.CreateBatch();
        batch.Put(Keys, BusyEngine.Number(i % 100), _value);
        await _engine.CommitAsync(batch, Durability.ProcessCrash);
    });

    [Fact]
    public async Task A_scan_of_one_key() => await CostsAtMostAsync(3_800, i =>
    {
        byte[] key = BusyEngine.Number(i % 100);
        using EmbeddedKeyScan scan = Keys.Scan(ScanRange.Prefix(key));
        Assert.True(scan.MoveNext());
        Assert.Equal(1024, scan.Value.Length);
        return Task.CompletedTask;
    });

    [Fact]
    public async Task The_first_and_the_last_key()
    {
        ArrayBufferWriter<byte> key = new(64);
        await CostsAtMostAsync(600, i =>
        {
            key.ResetWrittenCount();
            Assert.True(Keys.TryGetFirst(new ScanRange(default, Reverse: i % 2 == 0), key, out _));
            Assert.Equal(BusyEngine.Number(i % 2 == 0 ? 99 : 0), key.WrittenSpan);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task An_append_to_a_run()
    {
        RunLog runs = await _engine.OpenRunsAsync("r");
        RunRow row = new(0, "running", "task", _value);
        await CostsAtMostAsync(4_000, async i => Assert.True(
            await runs.AppendNextAsync("run", row, Durability.ProcessCrash) > 0));
    }

    [Fact]
    public async Task A_message_from_enqueueing_to_its_acknowledgement()
    {
        await using DurableQueue queue = await _engine.OpenQueueAsync("q");
        await CostsAtMostAsync(4_400, async i =>
        {
            await queue.EnqueueAsync(new QueueMessage(_value), Durability.ProcessCrash);
            QueueDelivery? delivery = await queue.ReceiveAsync(TimeSpan.Zero);
            await queue.AcknowledgeAsync(delivery!.Lease, Durability.ProcessCrash);
        });
    }

    private async Task CostsAtMostAsync(int ceiling, Func<int, Task> act)
    {
        for (int i = 0; i < Rounds; i++)
        {
            await act(i);
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Rounds; i++)
        {
            await act(i);
        }

        double each = (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Rounds;
        output.WriteLine($"{each:N0} bytes");
        Assert.InRange(each, 0, ceiling);
    }
}
