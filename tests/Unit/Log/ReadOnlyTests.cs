namespace LogEngine.Unit.Log;

public sealed class ReadOnlyTests
{
    private static readonly WriteAheadLogOptions ReadOnly = new() { ReadOnly = true };

    [Fact]
    public async Task A_closed_log_is_read_without_changing_its_directory()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await SmallLogs.CreateAsync(scratch.Path, 60, 3000);
        string before = Fingerprint(scratch.Path);
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly))
        {
            Assert.Equal(RecoveredTail.Sealed, log.Recovery.Tail);
            Assert.False(log.Recovery.TailNotMadeDurable);
            LogContents.AssertSame(expected, LogContents.Read(log));
            Assert.Equal(1, await log.FindSequenceAsync(DateTimeOffset.MinValue).Soon());
        }

        Assert.Equal(before, Fingerprint(scratch.Path));
    }

    [Fact]
    public async Task A_log_whose_writer_died_shows_its_tail_and_says_it_is_not_made_durable()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog writer = await SmallLogs.OpenAsync(scratch.Path);
        List<byte[]> expected = SmallLogs.Append(writer, 5, 100);
        string copy = scratch.CopyTo("killed");
        string before = Fingerprint(copy);
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(copy, ReadOnly))
        {
            Assert.True(log.Recovery.TailNotMadeDurable);
            LogContents.AssertSame(expected, LogContents.Read(log));
        }

        Assert.Equal(before, Fingerprint(copy));
    }

    [Fact]
    public async Task Beside_a_writer_only_what_a_mark_attests_is_shown()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog writer = await WriteAheadLog.OpenAsync(
            scratch.Path, SmallLogs.Options() with { TimeProvider = new ManualTime() });
        List<byte[]> expected = SmallLogs.Append(writer, 5, 100);
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly);
        LogContents.AssertSame(expected[..4], LogContents.Read(log));
    }

    [Fact]
    public async Task A_follower_beside_a_writer_sees_every_record()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog writer = await SmallLogs.OpenAsync(scratch.Path);
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly);
        Task<List<byte[]>> following = FollowAsync(log, 150);
        List<byte[]> expected = [];
        for (int i = 0; i < 150; i++)
        {
            expected.Add(Payloads.Of(2000, i));
            await writer.AppendAsync(expected[i]).Soon();
        }

        LogContents.AssertSame(expected, await following.Soon());
    }

    [Fact]
    public async Task A_follower_sees_the_end_of_a_writer_that_closes()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog writer = await SmallLogs.OpenAsync(scratch.Path);
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly);
        Task<List<byte[]>> following = FollowAsync(log, 3);
        List<byte[]> expected = SmallLogs.Append(writer, 3, 10);
        await writer.CloseAsync();
        LogContents.AssertSame(expected, await following.Soon());
    }

    [Fact]
    public async Task Many_readers_and_a_writer_share_a_directory_that_is_truncated()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog writer = await SmallLogs.OpenAsync(scratch.Path);
        SmallLogs.Append(writer, 30, 3000);
        for (int round = 1; round <= 10; round++)
        {
            await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly);
            Assert.InRange(log.LastSequence, (30 * round) - 1, 30 * round);
            List<byte[]> read = LogContents.Read(log);
            Assert.Equal(log.LastSequence - log.FirstSequence + 1, read.Count);
            SmallLogs.Append(writer, 30, 3000, seed: round * 100);
            await writer.TruncateBeforeAsync((30 * round) - 10).Soon();
        }
    }

    [Fact]
    public async Task Files_are_not_recycled_while_somebody_reads_from_outside()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog writer = await SmallLogs.OpenAsync(scratch.Path);
        List<byte[]> expected = SmallLogs.Append(writer, 14, 3900);
        SmallLogs.Append(writer, 1, 3900);
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly);
        await using LogReader reader = log.OpenReader(1);
        Assert.True(reader.TryRead(out _));
        for (int i = 0; i < 5; i++)
        {
            await writer.TruncateBeforeAsync(writer.LastSequence + 1).Soon();
            SmallLogs.Append(writer, 30, 3900, seed: 1000);
        }

        for (int i = 1; i < 10; i++)
        {
            Assert.True(reader.TryRead(out StoredRecord record));
            Assert.True(expected[i].AsSpan().SequenceEqual(record.Payload));
        }

        Assert.Equal(0, writer.Statistics.SegmentsRecycled);
    }

    [Fact]
    public async Task Every_write_on_a_read_only_log_says_so()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 3, 10);
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly);
        LogBatch batch = new();
        batch.Add([1]);
        Assert.Throws<StorageReadOnlyException>(() => log.Append([1]));
        Assert.Throws<StorageReadOnlyException>(() => log.TryAppend([1], out _));
        Assert.Throws<StorageReadOnlyException>(() => log.Statistics);
        await RefusedAsync(async () => await log.AppendAsync(new byte[] { 1 }));
        await RefusedAsync(async () => await log.AppendBatchAsync(batch));
        await RefusedAsync(async () => await log.FlushAsync());
        await RefusedAsync(async () => await log.TruncateBeforeAsync(2));
    }

    [Fact]
    public async Task Reading_where_there_is_no_log_is_refused_and_creates_nothing()
    {
        using ScratchDirectory scratch = new();
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly));
        Assert.False(Directory.Exists(scratch.Path));
        Directory.CreateDirectory(scratch.Path);
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await WriteAheadLog.OpenAsync(scratch.Path, ReadOnly));
        Assert.Empty(Directory.GetFileSystemEntries(scratch.Path));
    }

    [Fact]
    public async Task A_copy_without_its_lock_files_can_be_read()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await SmallLogs.CreateAsync(scratch.Path, 3, 10);
        File.Delete(scratch.File("LOCK"));
        File.Delete(scratch.File("READERS"));
        LogContents.AssertSame(expected, await LogContents.ReadAsync(scratch.Path));
    }

    private static Task<StorageReadOnlyException> RefusedAsync(Func<Task> call) =>
        Assert.ThrowsAsync<StorageReadOnlyException>(call);

    private static async Task<List<byte[]>> FollowAsync(WriteAheadLog log, int count)
    {
        List<byte[]> read = [];
        await using LogReader reader =
            log.OpenReader(1, new LogReaderOptions { Follow = true });
        await foreach (OwnedRecord record in reader.ReadAllAsync())
        {
            read.Add(record.Payload.ToArray());
            if (read.Count == count)
            {
                break;
            }
        }

        return read;
    }

    private static string Fingerprint(string directory) => string.Join('\n', Directory
        .GetFiles(directory)
        .Order(StringComparer.Ordinal)
        .Select(f => $"{f} {File.GetLastWriteTimeUtc(f):O} "
            + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
                File.ReadAllBytes(f)))));
}
