namespace LogEngine.Unit.Log;

/// <summary>Counts what the whole process allocates, so nothing else may run beside it.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed class AllocationsAlone;

[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    private const int Appends = 20_000;

    /// <summary>
    /// What grows with the log's bytes, not with its appends, spread over them: an index entry per
    /// 64 KiB, the preparer's step per 256 KiB; and the runtime's own ticks. An object per append
    /// would be 24 bytes at least.
    /// </summary>
    private const double EpsilonBytes = 12;

    private static readonly WriteAheadLogOptions Options = new() { IoMode = IoMode.Buffered };

    [Theory]
    [InlineData(Durability.None)]
    [InlineData(Durability.ProcessCrash)]
    public async Task A_blocking_append_allocates_nothing(Durability durability)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, Options);
        byte[] payload = new byte[100];
        Run(2000);
        AssertNothing(await MeasureAsync(() => Run(Appends)));

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                log.Append(payload, durability);
            }
        }
    }

    [Fact]
    public async Task A_durable_blocking_append_allocates_nothing()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, Options);
        byte[] payload = new byte[100];
        log.Append(payload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            log.Append(payload);
        }

        // A group of 4 KiB each, so an index entry for every sixteenth, in a list that doubles.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 * 1000);
    }

    [Fact]
    public async Task Pending_async_appends_allocate_nothing()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, Options);
        byte[] payload = new byte[100];
        ValueTask<long>[] pending = new ValueTask<long>[64];
        await RunAsync(10_000);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await RunAsync(Appends);
        AssertNothing(GC.GetTotalAllocatedBytes(precise: true) - before);

        async Task RunAsync(int count)
        {
            for (int i = 0; i < count; i += pending.Length)
            {
                for (int j = 0; j < pending.Length; j++)
                {
#pragma warning disable CA2012 // Each is awaited once, below.
                    pending[j] = log.AppendAsync(payload);
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
    public async Task TryAppend_allocates_nothing()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, Options);
        byte[] payload = new byte[100];
        Run(2000);
        AssertNothing(await MeasureAsync(() => Run(Appends)));

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                log.TryAppend(payload, out _);
            }
        }
    }

    [Fact]
    public async Task Reading_a_record_allocates_nothing()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, Options);
        byte[] payload = new byte[100];
        for (int i = 0; i < Appends; i++)
        {
            log.Append(payload, Durability.None);
        }

        await log.FlushAsync().Soon();
        using LogReader reader = log.OpenReader(1);
        Assert.True(reader.TryRead(out _));
        long before = GC.GetAllocatedBytesForCurrentThread();
        int read = 1;
        while (reader.TryRead(out _))
        {
            read++;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(Appends, read);
    }

    /// <summary>On a thread of its own, so that blocking hinders nobody.</summary>
    private static Task<long> MeasureAsync(Action action) => Task.Factory.StartNew(
        () =>
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            action();
            return GC.GetTotalAllocatedBytes(precise: true) - before;
        },
        TaskCreationOptions.LongRunning);

    private static void AssertNothing(long bytes) => Assert.True(
        bytes <= Appends * EpsilonBytes, $"{(double)bytes / Appends:F2} bytes per append");
}
