namespace LogEngine.Unit.Log;

public sealed class ReaderTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task A_reader_starts_at_every_sequence(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
        List<byte[]> expected = SmallLogs.Append(log, 60, 3000);
        LogBatch batch = new();
        for (int i = 0; i < 10; i++)
        {
            expected.Add(Payloads.Of(i, i));
            batch.Add(expected[^1]);
        }

        await log.AppendBatchAsync(batch).Soon();
        Assert.True(log.Statistics.Segments > 2);
        for (int from = 1; from <= expected.Count + 1; from++)
        {
            LogContents.AssertSame(expected[(from - 1)..], LogContents.Read(log, from));
        }
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task A_reader_starts_at_every_sequence_of_a_reopened_log(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await SmallLogs.CreateAsync(scratch.Path, 60, 3000, mode);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
        for (int from = 1; from <= expected.Count + 1; from++)
        {
            LogContents.AssertSame(expected[(from - 1)..], LogContents.Read(log, from));
        }
    }

    [Fact]
    public async Task The_end_is_not_final_for_a_reader_that_does_not_follow()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        await using LogReader reader = log.OpenReader(1);
        Assert.False(reader.TryRead(out _));
        Assert.False(await reader.WaitToReadAsync().Soon());
        log.Append([1]);
        Assert.True(reader.TryRead(out StoredRecord record));
        Assert.Equal(1, record.Sequence);
        Assert.Equal(2, reader.NextSequence);
    }

    [Fact]
    public async Task A_reader_up_to_written_goes_further_than_a_durable_one()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        log.Append([1], Durability.PowerLoss);
        log.Append([2], Durability.ProcessCrash);
        Assert.Single(LogContents.Read(log, 1, ReadUpTo.Durable));
        Assert.Equal(2, LogContents.Read(log, 1, ReadUpTo.Written).Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(4)]
    [InlineData(long.MaxValue)]
    public async Task A_sequence_that_was_not_given_is_refused(long from)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        SmallLogs.Append(log, 2, 10);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.OpenReader(from));
    }

    [Fact]
    public async Task Records_read_one_by_one_keep_their_bytes()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        List<byte[]> expected = SmallLogs.Append(log, 100, 700);
        List<OwnedRecord> read = [];
        await using LogReader reader = log.OpenReader(1);
        await foreach (OwnedRecord record in reader.ReadAllAsync())
        {
            read.Add(record);
        }

        LogContents.AssertSame(expected, [.. read.Select(r => r.Payload.ToArray())]);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), read.Select(r => r.Sequence));
    }

    [Fact]
    public async Task A_disposed_reader_refuses()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        LogReader reader = log.OpenReader(1);
        reader.Dispose();
        reader.Dispose();
        Assert.Throws<ObjectDisposedException>(() => reader.TryRead(out _));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await reader.WaitToReadAsync());
    }

    [Fact]
    public async Task A_reader_outlives_the_close_of_its_log()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        List<byte[]> expected = SmallLogs.Append(log, 50, 3000);
        await using LogReader reader = log.OpenReader(1);
        Assert.True(reader.TryRead(out _));
        await log.CloseAsync();
        int count = 1;
        while (reader.TryRead(out StoredRecord record))
        {
            Assert.True(expected[count++].AsSpan().SequenceEqual(record.Payload));
        }

        Assert.Equal(50, count);
    }

    [Fact]
    public async Task A_following_reader_ends_when_the_log_is_closed()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        await using LogReader reader =
            log.OpenReader(1, new LogReaderOptions { Follow = true });
        log.Append([1]);
        Assert.True(await reader.WaitToReadAsync().Soon());
        Assert.True(reader.TryRead(out _));
        Task<bool> wait = reader.WaitToReadAsync().AsTask();
        log.Append([2], Durability.None);
        await log.CloseAsync();
        if (await wait.Soon())
        {
            Assert.True(reader.TryRead(out StoredRecord last));
            Assert.Equal(2, last.Payload[0]);
        }

        Assert.False(await reader.WaitToReadAsync().Soon());
    }

    [Fact]
    public async Task Damage_ends_reading_at_the_damaged_record_with_its_place()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await SmallLogs.CreateAsync(scratch.Path, 10, 3000);
        string file = scratch.SegmentFiles()[0];
        byte[] bytes = await File.ReadAllBytesAsync(file);
        int at = bytes.AsSpan().IndexOf(expected[6]);
        bytes[at + 1000] ^= 0x10;
        await File.WriteAllBytesAsync(file, bytes);
        CorruptionException error = await ReadUpToDamageAsync(scratch.Path, expected[..6]);
        Assert.Equal((file, at - 24), (error.Path, error.Offset));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(40)]
    [InlineData(95)]
    public async Task A_damaged_group_header_ends_reading_before_its_records(int damagedByte)
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await SmallLogs.CreateAsync(scratch.Path, 10, 3000);
        string file = scratch.SegmentFiles()[0];
        byte[] bytes = await File.ReadAllBytesAsync(file);
        int record = bytes.AsSpan().IndexOf(expected[6]) - 24;
        int group = record / 4096 * 4096;
        Assert.Equal("GLRP"u8, bytes.AsSpan(group, 4));
        bytes[group + damagedByte] ^= 0x10;
        await File.WriteAllBytesAsync(file, bytes);
        CorruptionException error = await ReadUpToDamageAsync(scratch.Path, expected[..6]);
        Assert.Equal((file, group), (error.Path, error.Offset));
        Assert.Contains(
            "no valid group where sequence 7 must follow", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Reads what stands before the damage, and then meets it.</summary>
    private static async Task<CorruptionException> ReadUpToDamageAsync(
        string path, List<byte[]> before)
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(path);
        await using LogReader reader = log.OpenReader(1);
        foreach (byte[] expected in before)
        {
            Assert.True(reader.TryRead(out StoredRecord record));
            Assert.True(expected.AsSpan().SequenceEqual(record.Payload));
        }

        return Assert.Throws<CorruptionException>(() => reader.TryRead(out _));
    }
}
