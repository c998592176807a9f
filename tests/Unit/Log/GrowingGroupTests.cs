namespace LogEngine.Unit.Log;

/// <summary>Groups that nobody wants durable yet, and that records are added to.</summary>
public sealed class GrowingGroupTests
{
    private const int Block = 4096;

    public static TheoryData<IoMode> Modes => [IoMode.Direct, IoMode.Buffered];

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public async Task Small_appends_one_after_the_other_share_a_block(IoMode mode)
    {
        RequireGrowth(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await OpenAsync(scratch.Path, mode, new ManualTime());
        List<byte[]> appended = await AppendAsync(log, 60, Durability.ProcessCrash);
        LogStatistics statistics = log.Statistics;
        Assert.Equal(60, statistics.GroupsWritten);
        Assert.InRange(statistics.BytesWritten, 2 * Block, 3 * Block);
        Assert.Equal(0, statistics.Syncs);
        await AssertReadsAsync(log, appended);
    }

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public async Task What_is_durable_is_never_written_again(IoMode mode)
    {
        RequireGrowth(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await OpenAsync(scratch.Path, mode, new ManualTime());
        List<byte[]> appended = await AppendAsync(log, 3, Durability.ProcessCrash);
        await log.FlushAsync();
        long durable = log.Statistics.BytesWritten;
        byte[] before = ReadLog(scratch.Path)[..(int)(2 * Block)];
        appended.AddRange(await AppendAsync(log, 3, Durability.ProcessCrash));
        Assert.Equal(durable + Block, log.Statistics.BytesWritten);
        Assert.Equal(before, ReadLog(scratch.Path)[..(int)(2 * Block)]);
        await AssertReadsAsync(log, appended);
    }

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public async Task A_durable_append_takes_those_before_it_along(IoMode mode)
    {
        RequireGrowth(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await OpenAsync(scratch.Path, mode, new ManualTime());
        List<byte[]> appended = await AppendAsync(log, 3, Durability.ProcessCrash);
        Assert.Equal(0, log.DurableSequence);
        appended.AddRange(await AppendAsync(log, 1, Durability.PowerLoss));
        Assert.Equal(4, log.DurableSequence);
        appended.AddRange(await AppendAsync(log, 2, Durability.ProcessCrash));
        Assert.Equal(4, log.DurableSequence);
        await AssertReadsAsync(log, appended);
    }

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public async Task Records_of_one_group_are_not_far_apart_in_time(IoMode mode)
    {
        RequireGrowth(mode);
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        await using WriteAheadLog log = await OpenAsync(scratch.Path, mode, time);
        await AppendAsync(log, 1, Durability.ProcessCrash);
        time.Advance(TimeSpan.FromMilliseconds(2));
        await AppendAsync(log, 1, Durability.ProcessCrash);
        Assert.Equal(2 * Block, log.Statistics.BytesWritten);
    }

    [SkippableTheory]
    [MemberData(nameof(Modes))]
    public async Task Blocking_asynchronous_and_batched_appends_share_groups(IoMode mode)
    {
        RequireGrowth(mode);
        using ScratchDirectory scratch = new();
        List<byte[]> appended = [];
        await using (WriteAheadLog log = await OpenAsync(scratch.Path, mode, new ManualTime()))
        {
            for (int i = 0; i < 200; i++)
            {
                byte[] payload = Payloads.Of(i * 7 % 300, i);
                Durability durability = i % 10 == 0 ? Durability.PowerLoss : Durability.ProcessCrash;
                switch (i % 3)
                {
                    case 0:
                        log.Append(payload, durability);
                        break;
                    case 1:
                        await log.AppendAsync(payload, durability);
                        break;
                    default:
                        LogBatch batch = new();
                        batch.Add(payload);
                        await log.AppendBatchAsync(batch, durability);
                        break;
                }

                appended.Add(payload);
            }

            await AssertReadsAsync(log, appended);
        }

        await using WriteAheadLog again = await SmallLogs.OpenAsync(scratch.Path, mode);
        await AssertReadsAsync(again, appended);
    }

    [SkippableFact]
    public async Task A_reader_follows_a_group_that_grows()
    {
        RequireGrowth(IoMode.Direct);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await OpenAsync(scratch.Path, IoMode.Direct, new ManualTime());
        LogReaderOptions options = new() { UpTo = ReadUpTo.Written, Follow = true };
        await using LogReader reader = log.OpenReader(1, options);
        for (int i = 1; i <= 100; i++)
        {
            await AppendAsync(log, 1, Durability.ProcessCrash);
            Assert.True(await reader.WaitToReadAsync());
            Assert.True(reader.TryRead(out StoredRecord record));
            Assert.Equal(i, record.Sequence);
            Assert.False(reader.TryRead(out _));
        }
    }

    [SkippableFact]
    public async Task A_reader_of_another_process_sees_what_became_durable_of_it()
    {
        RequireGrowth(IoMode.Direct);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await OpenAsync(scratch.Path, IoMode.Direct, new ManualTime());
        await AppendAsync(log, 2, Durability.ProcessCrash);
        await using WriteAheadLog beside = await WriteAheadLog.OpenAsync(
            scratch.Path, new WriteAheadLogOptions { ReadOnly = true });
        Assert.Equal(0, beside.DurableSequence);

        // The same group, added to since it was looked at, and one behind it that carries the mark.
        List<byte[]> more = await AppendAsync(log, 2, Durability.ProcessCrash);
        await log.FlushAsync();
        await AppendAsync(log, 1, Durability.PowerLoss);
        await using LogReader reader = beside.OpenReader(1, new LogReaderOptions { Follow = true });
        for (int i = 1; i <= 4; i++)
        {
            Assert.True(await reader.WaitToReadAsync());
            Assert.True(reader.TryRead(out StoredRecord record));
            Assert.Equal(i, record.Sequence);
        }

        Assert.Equal(2, more.Count);
    }

    private static void RequireGrowth(IoMode mode)
    {
        Machine.Require(mode);
        Skip.IfNot(OperatingSystem.IsLinux(), "groups grow on Linux only");
    }

    private static ValueTask<WriteAheadLog> OpenAsync(string path, IoMode mode, TimeProvider time) =>
        WriteAheadLog.OpenAsync(path, SmallLogs.Options(mode) with { TimeProvider = time });

    private static async Task<List<byte[]>> AppendAsync(
        WriteAheadLog log, int count, Durability durability)
    {
        List<byte[]> appended = [];
        for (int i = 0; i < count; i++)
        {
            byte[] payload = Payloads.Of(100, i);
            long sequence = await log.AppendAsync(payload, durability);
            Assert.True(sequence > 0);
            appended.Add(payload);
        }

        return appended;
    }

    private static async Task AssertReadsAsync(WriteAheadLog log, List<byte[]> expected)
    {
        await using LogReader reader = log.OpenReader(
            1, new LogReaderOptions { UpTo = ReadUpTo.Written });
        int read = 0;
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out StoredRecord record))
            {
                Assert.Equal(expected[read++], record.Payload.ToArray());
            }
        }

        Assert.Equal(expected.Count, read);
    }

    private static byte[] ReadLog(string directory)
    {
        string path = Directory.GetFiles(directory, "*.seg").Order().First(
            p => new FileInfo(p).Length > 0 && IsActive(p));
        return File.ReadAllBytes(path);
    }

    private static bool IsActive(string path)
    {
        using FileStream file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] magic = new byte[4];
        file.Position = Block;
        return file.Read(magic) == 4 && magic.AsSpan().SequenceEqual("GLRP"u8);
    }
}
