using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Log;

/// <summary>A memory file system of a few megabytes is the disk; mounting it needs root.</summary>
public sealed class FullDiskTests
{
    private static readonly byte[] Payload = Payloads.Of(4000, 1);

    private static readonly WriteAheadLogOptions Options =
        SmallLogs.Options(IoMode.Auto) with { SegmentSizeBytes = 256 << 10 };

    [SkippableFact]
    public async Task A_full_disk_refuses_appends_without_a_sequence_and_loses_nothing()
    {
        using MountedTmpfs disk = new("size=3m");
        List<byte[]> expected = [];
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(disk["log"], Options))
        {
            FillDisk(log, expected);
            StorageFullException error =
                Assert.Throws<StorageFullException>(() => log.Append(Payload));
            Assert.Contains(disk.Path, error.Path, StringComparison.Ordinal);
            await Assert.ThrowsAsync<StorageFullException>(
                () => log.AppendAsync(Payload).Soon());
            Assert.Equal(expected.Count, log.LastSequence);
            Assert.False(log.Faulted.IsCompleted);
            LogContents.AssertSame(expected, LogContents.Read(log));
        }

        LogContents.AssertSame(expected, await LogContents.ReadAsync(disk["log"]));
    }

    [SkippableFact]
    public async Task TryAppend_says_no_on_a_full_disk()
    {
        using MountedTmpfs disk = new("size=3m");
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(disk["log"], Options);
        FillDisk(log, []);
        long last = log.LastSequence;
        Assert.False(log.TryAppend(Payload, out long sequence));
        Assert.Equal(0, sequence);
        Assert.Equal(last, log.LastSequence);
    }

    [SkippableFact]
    public async Task Batches_and_oversize_records_are_refused_on_a_full_disk()
    {
        using MountedTmpfs disk = new("size=3m");
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(disk["log"], Options);
        LogBatch batch = new();
        batch.Add(Payload);
        batch.Add(Payload);
        Assert.Throws<StorageFullException>(() => log.Append(new byte[10 << 20]));
        await Assert.ThrowsAsync<StorageFullException>(
            () => log.AppendAsync(new byte[10 << 20]).Soon());
        Assert.Equal(0, log.LastSequence);
        FillDisk(log, []);
        await Assert.ThrowsAsync<StorageFullException>(
            () => log.AppendBatchAsync(batch).Soon());
    }

    [SkippableFact]
    public async Task Appends_work_again_once_space_is_free()
    {
        using MountedTmpfs disk = new("size=4m");
        await File.WriteAllBytesAsync(disk["filler"], new byte[1 << 20]);
        List<byte[]> expected = [];
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(disk["log"], Options))
        {
            FillDisk(log, expected);
            File.Delete(disk["filler"]);
            for (int i = 0; i < 50; i++)
            {
                expected.Add(Payload);
                Assert.Equal(expected.Count, await log.AppendAsync(Payload).Soon());
            }

            LogContents.AssertSame(expected, LogContents.Read(log));
        }

        LogContents.AssertSame(expected, await LogContents.ReadAsync(disk["log"]));
    }

    [SkippableFact]
    public async Task Truncation_frees_a_full_disk()
    {
        using MountedTmpfs disk = new("size=3m");
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(disk["log"], Options);
        List<byte[]> expected = [];
        FillDisk(log, expected);
        await log.TruncateBeforeAsync(log.LastSequence).Soon();
        long first = log.LastSequence;
        for (int i = 0; i < 100; i++)
        {
            await Eventually.IsTrueAsync(() => AppendIfPossible(log), "space after truncation");
        }

        Assert.Equal(first + 100, log.LastSequence);
        Assert.Equal(101, LogContents.Read(log).Count);
    }

    [SkippableFact]
    public async Task A_log_can_be_filled_truncated_and_filled_again()
    {
        using MountedTmpfs disk = new("size=3m");
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(disk["log"], Options);
        for (int round = 0; round < 5; round++)
        {
            FillDisk(log, []);
            long last = log.LastSequence;
            await log.TruncateBeforeAsync(last + 1).Soon();
            await Eventually.IsTrueAsync(() => AppendIfPossible(log), "space after truncation");
            Assert.Equal(last + 1, log.LastSequence);
        }

        Assert.False(log.Faulted.IsCompleted);
    }

    [SkippableFact]
    public async Task A_full_disk_can_be_opened_read_only()
    {
        using MountedTmpfs disk = new("size=3m");
        List<byte[]> expected = [];
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(disk["log"], Options))
        {
            FillDisk(log, expected);
        }

        FillWithFile(disk["filler"]);
        LogContents.AssertSame(expected, await LogContents.ReadAsync(disk["log"]));
    }

    [SkippableFact]
    public async Task Opening_for_writing_on_a_full_disk_is_refused_and_works_later()
    {
        using MountedTmpfs disk = new("size=3m");
        List<byte[]> expected = [];
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(disk["log"], Options))
        {
            expected.AddRange(SmallLogs.Append(log, 20, 3000));
        }

        FillWithFile(disk["filler"]);
        await Assert.ThrowsAsync<StorageFullException>(
            async () => await WriteAheadLog.OpenAsync(disk["log"], Options));
        File.Delete(disk["filler"]);
        await using WriteAheadLog again = await WriteAheadLog.OpenAsync(disk["log"], Options);
        LogContents.AssertSame(expected, LogContents.Read(again));
    }

    private static void FillDisk(WriteAheadLog log, List<byte[]> expected)
    {
        try
        {
            while (true)
            {
                log.Append(Payload);
                expected.Add(Payload);
                Assert.True(expected.Count < 2000, "more than the disk holds");
            }
        }
        catch (StorageFullException)
        {
            Assert.NotEmpty(expected);
        }
    }

    private static bool AppendIfPossible(WriteAheadLog log)
    {
        try
        {
            log.Append(Payload);
            return true;
        }
        catch (StorageFullException)
        {
            return false;
        }
    }

    private static void FillWithFile(string path)
    {
        using FileStream filler = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        byte[] block = new byte[4096];
        try
        {
            while (true)
            {
                filler.Write(block);
            }
        }
        catch (IOException)
        {
            // Full: what was wanted.
        }
    }
}
