namespace LogEngine.Unit.Log;

public sealed class AppendTests
{
    /// <summary>Payloads around every boundary below a group's cap of 16 KiB.</summary>
    private static readonly int[] Sizes =
    [
        0, 1, 7, 8, 9, 23, 24, 25, 100, 383, 384, 385,
        3975, 3976, 3977, 4071, 4072, 4073, 4095, 4096, 4097,
        8191, 8192, 8193, 16263, 16264, 16265, 16359, 16360, 16383, 16384,
    ];

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Blocking_appends_of_every_size_read_back(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
        List<byte[]> expected = [];
        foreach (int size in Sizes)
        {
            byte[] payload = Payloads.Of(size, size);
            Assert.Equal(expected.Count + 1, log.Append(payload));
            expected.Add(payload);
        }

        LogContents.AssertSame(expected, LogContents.Read(log));
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Async_appends_of_every_size_read_back_after_reopening(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        List<byte[]> expected = [];
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode))
        {
            foreach (int size in Sizes)
            {
                byte[] payload = Payloads.Of(size, size);
                expected.Add(payload);
                Assert.Equal(expected.Count, await log.AppendAsync(payload).Soon());
            }
        }

        await using WriteAheadLog again = await SmallLogs.OpenAsync(scratch.Path, mode);
        LogContents.AssertSame(expected, LogContents.Read(again));
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Tried_appends_are_in_the_log_after_a_flush(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
        List<byte[]> expected = [];
        for (int i = 0; i < 200; i++)
        {
            byte[] payload = Payloads.Of(i, i);
            if (log.TryAppend(payload, out long sequence))
            {
                expected.Add(payload);
                Assert.Equal(expected.Count, sequence);
            }
        }

        await log.FlushAsync().Soon();
        Assert.NotEmpty(expected);
        LogContents.AssertSame(expected, LogContents.Read(log));
    }

    [Fact]
    public async Task A_new_log_starts_at_sequence_one_and_is_empty()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        Assert.Equal((1, 0, 0), (log.FirstSequence, log.LastSequence, log.DurableSequence));
        Assert.Equal(RecoveredTail.Created, log.Recovery.Tail);
        Assert.Empty(LogContents.Read(log));
    }

    [Theory]
    [InlineData(Durability.None)]
    [InlineData(Durability.ProcessCrash)]
    [InlineData(Durability.PowerLoss)]
    public async Task Sequences_go_on_after_reopening(Durability durability)
    {
        using ScratchDirectory scratch = new();
        for (int round = 1; round <= 4; round++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
            Assert.Equal(round - 1, log.LastSequence);
            Assert.Equal(round, await log.AppendAsync(new byte[] { 1 }, durability).Soon());
        }
    }

    [Fact]
    public async Task A_payload_in_memory_with_an_owner_is_copied_before_the_call_returns()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        byte[] bytes = Payloads.Of(100, 1);
        using OwnedBytes owner = new((byte[])bytes.Clone());
        ValueTask<long> append = log.AppendAsync(owner.Memory);
        owner.GetSpan().Clear();
        await append.Soon();
        LogContents.AssertSame([bytes], LogContents.Read(log));
    }

    [Fact]
    public async Task An_unknown_durability_is_refused()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Append([1], (Durability)3));
        Assert.Equal(0, log.LastSequence);
    }

    /// <summary>Memory that is no array.</summary>
    private sealed class OwnedBytes(byte[] bytes) : System.Buffers.MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => bytes;

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) =>
            throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
