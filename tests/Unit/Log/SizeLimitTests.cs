namespace LogEngine.Unit.Log;

public sealed class SizeLimitTests
{
    /// <summary>The smallest group cap; <see cref="SmallLogs"/> has it.</summary>
    private const int Cap = 16 << 10;

    /// <summary>Largest payload that shares a group: the cap less both headers.</summary>
    private const int LargestShared = Cap - 96 - 24;

    [SkippableTheory]
    [InlineData(LargestShared - 1, IoMode.Direct)]
    [InlineData(LargestShared, IoMode.Direct)]
    [InlineData(LargestShared + 1, IoMode.Direct)]
    [InlineData(LargestShared - 1, IoMode.Buffered)]
    [InlineData(LargestShared, IoMode.Buffered)]
    [InlineData(LargestShared + 1, IoMode.Buffered)]
    [InlineData(300_000, IoMode.Direct)]
    [InlineData(300_000, IoMode.Buffered)]
    public async Task Records_around_the_group_cap_read_back_in_order(int length, IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        List<byte[]> expected = [];
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode))
        {
            expected.AddRange(SmallLogs.Append(log, 2, 10));
            expected.AddRange(SmallLogs.Append(log, 3, length, seed: 100));
            expected.AddRange(SmallLogs.Append(log, 2, 10, seed: 200));
            LogContents.AssertSame(expected, LogContents.Read(log));
        }

        await using WriteAheadLog again = await SmallLogs.OpenAsync(scratch.Path, mode);
        LogContents.AssertSame(expected, LogContents.Read(again));
    }

    [Theory]
    [InlineData(LargestShared, true)]
    [InlineData(LargestShared + 1, false)]
    public async Task TryAppend_takes_what_fits_a_group(int length, bool fits)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        byte[] payload = Payloads.Of(length, 1);
        if (fits)
        {
            Assert.True(log.TryAppend(payload, out _));
        }
        else
        {
            Assert.Throws<RecordTooLargeException>(() => log.TryAppend(payload, out _));
        }
    }

    [Fact]
    public async Task The_largest_record_reads_back_after_reopening()
    {
        using ScratchDirectory scratch = new();
        byte[] payload = Payloads.Of(LogBatch.MaxPayloadBytes, 7);
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path))
        {
            Assert.Equal(1, log.Append(payload));
            Assert.Equal(2, await log.AppendAsync(new byte[] { 2 }).Soon());
        }

        await using WriteAheadLog again = await SmallLogs.OpenAsync(scratch.Path);
        LogContents.AssertSame([payload, [2]], LogContents.Read(again));
    }

    [Fact]
    public async Task A_byte_more_than_the_largest_record_is_refused_and_uses_no_sequence()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        byte[] payload = new byte[LogBatch.MaxPayloadBytes + 1];
        RecordTooLargeException error = await Assert.ThrowsAsync<RecordTooLargeException>(
            async () => await log.AppendAsync(payload));
        Assert.Equal((payload.Length, LogBatch.MaxPayloadBytes), (error.Size, error.Limit));
        Assert.Throws<RecordTooLargeException>(() => log.Append(payload));
        Assert.Throws<RecordTooLargeException>(() => log.TryAppend(payload, out _));
        Assert.Equal(1, log.Append([1]));
    }

    [Fact]
    public void A_batch_takes_exactly_its_limit_of_bytes()
    {
        LogBatch batch = new();
        batch.Add(new byte[LogBatch.MaxPayloadBytes - 1]);
        batch.Add([1]);
        Assert.Throws<RecordTooLargeException>(() => batch.Add([1]));
        batch.Add([]);
        Assert.Equal((3, LogBatch.MaxPayloadBytes), (batch.Count, batch.PayloadBytes));
    }

    [Fact]
    public async Task The_batch_with_most_records_reads_back()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        LogBatch batch = new();
        for (int i = 0; i < LogBatch.MaxRecords; i++)
        {
            batch.Add([(byte)i]);
        }

        Assert.Throws<RecordTooLargeException>(() => batch.Add([]));
        SequenceRange range = await log.AppendBatchAsync(batch).Soon();
        Assert.Equal(new SequenceRange(1, LogBatch.MaxRecords), range);
        long read = 0;
        using LogReader reader = log.OpenReader(1);
        while (reader.TryRead(out StoredRecord record))
        {
            Assert.Equal((byte)read++, record.Payload[0]);
        }

        Assert.Equal(LogBatch.MaxRecords, read);
    }
}
