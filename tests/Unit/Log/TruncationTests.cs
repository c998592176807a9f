namespace LogEngine.Unit.Log;

public sealed class TruncationTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Truncated_records_are_gone_and_the_others_stay(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        List<byte[]> expected;
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode))
        {
            expected = SmallLogs.Append(log, 100, 3000);
            await log.TruncateBeforeAsync(51).Soon();
            Assert.Equal(51, log.FirstSequence);
            LogContents.AssertSame(expected[50..], LogContents.Read(log));
            TruncatedException error =
                Assert.Throws<TruncatedException>(() => log.OpenReader(50));
            Assert.Equal((50, 51), (error.Requested, error.FirstSequence));
        }

        await using WriteAheadLog again = await SmallLogs.OpenAsync(scratch.Path, mode);
        Assert.Equal((51, 100), (again.FirstSequence, again.LastSequence));
        LogContents.AssertSame(expected[50..], LogContents.Read(again));
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Sequences_go_on_after_everything_was_truncated(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode))
        {
            SmallLogs.Append(log, 50, 3000);
            await log.TruncateBeforeAsync(51).Soon();
            Assert.Equal((51, 50), (log.FirstSequence, log.LastSequence));
            Assert.Empty(LogContents.Read(log));
        }

        for (int round = 0; round < 3; round++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
            Assert.Equal(51 + round, log.FirstSequence);
            Assert.Equal(51 + round, log.Append([7]));
            LogContents.AssertSame([[7]], LogContents.Read(log));
            await log.TruncateBeforeAsync(52 + round).Soon();
        }
    }

    [Fact]
    public async Task A_log_truncated_to_its_end_and_left_empty_reopens_empty()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 20, 3000);
        for (int round = 0; round < 4; round++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
            await log.TruncateBeforeAsync(21).Soon();
            Assert.Equal((21, 20, 20), (log.FirstSequence, log.LastSequence, log.DurableSequence));
        }

        await using WriteAheadLog last = await SmallLogs.OpenAsync(scratch.Path);
        Assert.Equal(21, last.Append([1]));
    }

    [Fact]
    public async Task Truncated_segments_are_recycled()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        for (int round = 0; round < 30; round++)
        {
            SmallLogs.Append(log, 15, 3500, seed: round * 100);
            await log.TruncateBeforeAsync(log.LastSequence + 1).Soon();
        }

        LogStatistics statistics = log.Statistics;
        Assert.True(statistics.SegmentsStarted > 10);
        Assert.True(statistics.SegmentsRecycled > 0);
        Assert.InRange(scratch.SegmentFiles().Length, 1, 10);
    }

    [Fact]
    public async Task Recycled_files_never_show_their_old_records()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> kept = [];
        for (int round = 0; round < 10; round++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
            LogContents.AssertSame(kept, LogContents.Read(log));
            SmallLogs.Append(log, 40, 3500, seed: round * 100);
            await log.TruncateBeforeAsync(log.LastSequence + 1).Soon();
            kept = SmallLogs.Append(log, 5, 100, seed: round);
        }

        LogContents.AssertSame(kept, await LogContents.ReadAsync(scratch.Path));
    }

    [Fact]
    public async Task A_reader_in_a_truncated_segment_finishes_it_and_is_then_told()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        List<byte[]> expected = SmallLogs.Append(log, 100, 3000);
        await using LogReader reader = log.OpenReader(1);
        Assert.True(reader.TryRead(out _));
        await log.TruncateBeforeAsync(101).Soon();
        SmallLogs.Append(log, 40, 3000, seed: 400);
        int read = 1;
        Assert.Throws<TruncatedException>(() =>
        {
            while (reader.TryRead(out StoredRecord record))
            {
                Assert.True(expected[read++].AsSpan().SequenceEqual(record.Payload));
            }
        });
        Assert.InRange(read, 2, 99);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(12)]
    public async Task A_sequence_out_of_range_is_refused(long sequence)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        SmallLogs.Append(log, 10, 10);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await log.TruncateBeforeAsync(sequence));
        Assert.Equal(1, log.FirstSequence);
    }

    [Fact]
    public async Task Truncating_below_the_first_sequence_does_nothing()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        SmallLogs.Append(log, 10, 10);
        await log.TruncateBeforeAsync(6).Soon();
        await log.TruncateBeforeAsync(3).Soon();
        Assert.Equal(6, log.FirstSequence);
    }

    [Fact]
    public async Task Truncating_makes_what_lies_below_durable_first()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        log.Append([1], Durability.None);
        log.Append([2], Durability.ProcessCrash);
        await log.TruncateBeforeAsync(3).Soon();
        Assert.Equal(2, log.DurableSequence);
    }

    [Fact]
    public async Task Appending_reading_and_truncating_at_once_lose_nothing()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        const int Count = 1500;
        Task writing = Task.Run(async () =>
        {
            for (int i = 1; i <= Count; i++)
            {
                await log.AppendAsync(Payloads.Of(500, i));
            }
        });
        await using LogReader reader =
            log.OpenReader(1, new LogReaderOptions { Follow = true });
        long next = 1;
        while (next <= Count)
        {
            Assert.True(await reader.WaitToReadAsync().Soon());
            while (reader.TryRead(out StoredRecord record))
            {
                Assert.Equal(next, record.Sequence);
                Assert.True(Payloads.Of(500, next).AsSpan().SequenceEqual(record.Payload));
                next++;
            }

            await log.TruncateBeforeAsync(Math.Max(1, next - 50)).Soon();
        }

        await writing.Soon();

        // Freed in the background.
        await Eventually.IsTrueAsync(
            () => scratch.SegmentFiles().Length is >= 1 and <= 12, "what was truncated is freed");
    }
}
