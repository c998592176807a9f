using System.Buffers;
using System.Runtime.CompilerServices;
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
/// and none for a copy of the value. A delivery has a copy of its own.
/// </summary>
[Collection(AloneGroup.Name)]
public sealed class AllocationTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Rounds = 500;
    private const int Puts = 20_000;

    private readonly ScratchDirectory _scratch = new();
    private readonly byte[] _value = new byte[1024];
    private readonly byte[][] _keys = [.. Enumerable.Range(0, 100).Select(i => BusyEngine.Number(i))];

    /// <summary>On files: the disk of an engine in memory is made of arrays itself.</summary>
    private EmbeddedEngine _engine = null!;
    private EmbeddedKeyspace _keyspace = null!;

    public async Task InitializeAsync()
    {
        _engine = await StorageEngine.OpenAsync(_scratch.Path);
        _keyspace = _engine.GetKeyspace("k");
        foreach (byte[] key in _keys)
        {
            await _keyspace.PutAsync(key, _value, Durability.ProcessCrash);
        }
    }

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    /// <summary>
    /// Every put of them is its own group, and every group leaves a root of the index behind.
    /// </summary>
    [Fact]
    public async Task Puts_one_after_the_other() => await CostAtMostAsync(150, PutAsync);

    [Fact]
    public async Task Blocking_puts_and_deletes()
    {
        double each = await Task.Factory.StartNew(
            () =>
            {
                Run(2_000);
                long before = GC.GetTotalAllocatedBytes(precise: true);
                Run(Puts);
                return (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Puts;
            },
            TaskCreationOptions.LongRunning);
        output.WriteLine($"{each:N0} bytes");
        Assert.InRange(each, 0, 150);

        void Run(int count)
        {
            ReadOnlySpan<byte> value = _value.AsSpan(0, 100);
            for (int i = 0; i < count; i++)
            {
                if (i % 10 == 0)
                {
                    _keyspace.Delete(_keys[i % 100], Durability.ProcessCrash);
                }
                else
                {
                    _keyspace.Put(_keys[i % 100], value, Durability.ProcessCrash);
                }
            }
        }
    }

    /// <summary>
    /// Less than any object would take: what there is, is what goes with a group, a segment or bytes.
    /// </summary>
    [Fact]
    public async Task Puts_on_their_way_at_once_allocate_nothing()
    {
        ValueTask<long>[] pending = new ValueTask<long>[64];
        ReadOnlyMemory<byte> value = _value.AsMemory(0, 100);
        await RunAsync(10_000);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await RunAsync(Puts);
        double each = (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Puts;
        output.WriteLine($"{each:N1} bytes");
        Assert.InRange(each, 0, 16);

        async Task RunAsync(int count)
        {
            for (int i = 0; i < count; i += pending.Length)
            {
                for (int j = 0; j < pending.Length; j++)
                {
#pragma warning disable CA2012 // Each is awaited once, below.
                    pending[j] = _keyspace.PutAsync(_keys[(i + j) % 100], value, Durability.PowerLoss);
#pragma warning restore CA2012
                }

                for (int j = 0; j < pending.Length; j++)
                {
                    await pending[j];
                }
            }
        }
    }

    [Fact]
    public async Task A_compare_and_set_with_its_get() => await CostAtMostAsync(400, SetAsync);

    /// <summary>Case D4: it took a put of the whole value, and allocated 7.4 KB.</summary>
    [Fact]
    public async Task A_touch() => await CostAtMostAsync(200, TouchAsync);

    [Fact]
    public async Task A_refused_condition() => await CostAtMostAsync(200, RefuseAsync);

    [Fact]
    public async Task A_batch_of_one_put() => await CostAtMostAsync(600, CommitAsync);

    [Fact]
    public async Task A_scan_of_one_key() => await CostAtMostAsync(1_000, i =>
    {
        byte[] key = _keys[i % 100];
        using EmbeddedKeyScan scan = _keyspace.Scan(ScanRange.Prefix(key));
        Assert.True(scan.MoveNext());
        Assert.Equal(1024, scan.Value.Length);
        return ValueTask.CompletedTask;
    });

    [Fact]
    public async Task The_first_and_the_last_key()
    {
        ArrayBufferWriter<byte> key = new(64);
        await CostAtMostAsync(250, i =>
        {
            key.ResetWrittenCount();
            Assert.True(_keyspace.TryGetFirst(new ScanRange(default, Reverse: i % 2 == 0), key, out _));
            Assert.True(key.WrittenSpan.SequenceEqual(_keys[i % 2 == 0 ? 99 : 0]));
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public async Task An_append_to_a_run()
    {
        RunLog runs = await _engine.OpenRunsAsync("r");
        RunRow row = new(0, "running", "task", _value);
        await CostAtMostAsync(600, i => AppendAsync(runs, row));
    }

    [Fact]
    public async Task A_message_from_enqueueing_to_its_acknowledgement()
    {
        await using DurableQueue queue = await _engine.OpenQueueAsync("q");
        await CostAtMostAsync(4_400, i => PassAsync(queue));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PutAsync(int i) =>
        await _keyspace.PutAsync(_keys[i % 100], _value, Durability.ProcessCrash);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SetAsync(int i)
    {
        byte[] key = _keys[i % 100];
        using StoredValue? was = await _keyspace.GetAsync(key);
        ConditionalResult result = await _keyspace.CompareAndSetAsync(
            key, _value, was!.Version, Durability.ProcessCrash);
        Assert.True(result.Applied);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TouchAsync(int i) => Assert.True(await _keyspace.TouchAsync(
        _keys[i % 100], DateTimeOffset.MaxValue, Durability.ProcessCrash));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RefuseAsync(int i)
    {
        ConditionalResult result = await _keyspace.PutIfAbsentAsync(
            _keys[i % 100], _value, Durability.ProcessCrash);
        Assert.False(result.Applied);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask CommitAsync(int i)
    {
        WriteBatch batch = _engine.CreateBatch();
        batch.Put(_keyspace, _keys[i % 100], _value);
        await _engine.CommitAsync(batch, Durability.ProcessCrash);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask AppendAsync(RunLog runs, RunRow row) => Assert.True(
        await runs.AppendNextAsync("run", row, Durability.ProcessCrash) > 0);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PassAsync(DurableQueue queue)
    {
        await queue.EnqueueAsync(new QueueMessage(_value), Durability.ProcessCrash);
        QueueDelivery? delivery = await queue.ReceiveAsync(TimeSpan.Zero);
        await queue.AcknowledgeAsync(delivery!.Lease, Durability.ProcessCrash);
    }

    /// <summary>What the process allocates for one, on average; the test's own method allocates nothing.</summary>
    private async Task CostAtMostAsync(int ceiling, Func<int, ValueTask> act)
    {
        for (int i = 0; i < Rounds; i++)
        {
            await act(i);
        }

        // What goes on beside it only adds: the least of three is what the engine takes.
        double least = double.MaxValue;
        for (int turn = 0; turn < 3; turn++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Rounds; i++)
            {
                await act(i);
            }

            least = Math.Min(
                least, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Rounds);
        }

        output.WriteLine($"{least:N0} bytes");
        Assert.InRange(least, 0, ceiling);
    }
}
