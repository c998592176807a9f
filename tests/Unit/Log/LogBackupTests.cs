namespace LogEngine.Unit.Log;

public sealed class LogBackupTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Backup => _scratch.Sibling("backup");

    private string Restored => _scratch.Sibling("restored");

    public void Dispose() => _scratch.Dispose();

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task A_restored_backup_is_the_log_as_it_was_and_goes_on(IoMode mode)
    {
        Machine.Require(mode);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path, mode);
        List<byte[]> expected = SmallLogs.Append(log, 100, 3000);
        await log.TruncateBeforeAsync(51).Soon();
        BackupReport report = await log.BackupAsync(Backup).Soon();
        log.Append([9]);

        Assert.Equal((100, 0), (report.Sequence, report.Snapshots));
        await WriteAheadLog.RestoreAsync(Backup, Restored).Soon();
        for (int round = 0; round < 3; round++)
        {
            await using WriteAheadLog restored = await SmallLogs.OpenAsync(Restored, mode);
            Assert.Equal((51, 100 + round), (restored.FirstSequence, restored.LastSequence));
            LogContents.AssertSame(expected[50..], LogContents.Read(restored)[..50]);
            Assert.Equal(101 + round, restored.Append([7]));
        }
    }

    [Fact]
    public async Task What_was_durable_at_the_call_is_in_it_and_what_was_only_written_may_be()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        log.Append([1]);
        log.Append([2], Durability.ProcessCrash);
        BackupReport report = await log.BackupAsync(Backup).Soon();
        Assert.Equal(2, report.Sequence);
        Assert.Equal(2, log.DurableSequence);
    }

    [Fact]
    public async Task An_empty_log_and_one_that_was_truncated_to_its_end_come_back_as_they_were()
    {
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path))
        {
            BackupReport report = await log.BackupAsync(Backup).Soon();
            Assert.Equal((0, 0), (report.Sequence, report.Segments));
            await WriteAheadLog.RestoreAsync(Backup, Restored).Soon();
            await using WriteAheadLog empty = await SmallLogs.OpenAsync(Restored);
            Assert.Equal((1, 0), (empty.FirstSequence, empty.LastSequence));
            SmallLogs.Append(log, 50, 3000);
            await log.TruncateBeforeAsync(51).Soon();
        }

        for (int round = 0; round < 3; round++)
        {
            string restored = _scratch.Sibling($"restored{round}");
            await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
            BackupReport report = await log.BackupAsync(Backup).Soon();
            Assert.Equal(50, report.Sequence);
            await WriteAheadLog.RestoreAsync(Backup, restored).Soon();
            await using (WriteAheadLog copy = await SmallLogs.OpenAsync(restored))
            {
                Assert.Equal((51, 50), (copy.FirstSequence, copy.LastSequence));
                Assert.Equal(51, copy.Append([5]));
            }

            await using WriteAheadLog again = await SmallLogs.OpenAsync(restored);
            LogContents.AssertSame([[5]], LogContents.Read(again));
        }
    }

    [Fact]
    public async Task Records_larger_than_a_segment_are_in_it()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        byte[] large = Payloads.Of(300_000, 3);
        log.Append(large);
        log.Append([1]);
        log.Append(large);
        await log.BackupAsync(Backup).Soon();
        await WriteAheadLog.RestoreAsync(Backup, Restored).Soon();
        await using WriteAheadLog restored = await SmallLogs.OpenAsync(Restored);
        LogContents.AssertSame([large, [1], large], LogContents.Read(restored));
    }

    [Fact]
    public async Task Only_what_is_new_is_copied_into_an_older_backup_and_what_was_truncated_goes()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        List<byte[]> expected = SmallLogs.Append(log, 200, 3000);
        BackupReport first = await log.BackupAsync(Backup).Soon();
        expected.AddRange(SmallLogs.Append(log, 2, 3000, seed: 500));
        BackupReport second = await log.BackupAsync(Backup).Soon();
        Assert.InRange(second.BytesCopied, 1, 2 * 65536);
        Assert.True(second.BytesKept > first.BytesCopied / 2);

        await log.TruncateBeforeAsync(150).Soon();
        BackupReport third = await log.BackupAsync(Backup).Soon();
        Assert.True(third.Segments < second.Segments / 2);
        Assert.Equal(
            third.Segments, Directory.GetFiles(Backup, "*.seg").Length);
        await WriteAheadLog.RestoreAsync(Backup, Restored).Soon();
        await using WriteAheadLog restored = await SmallLogs.OpenAsync(Restored);
        Assert.Equal(150, restored.FirstSequence);
        LogContents.AssertSame(expected[149..], LogContents.Read(restored));
    }

    [Fact]
    public async Task Backups_under_appends_and_truncation_hold_everything_that_was_acknowledged()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        using CancellationTokenSource stop = new();
        long acknowledged = 0;
        Task[] load =
        [
            .. Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    LogBatch batch = new();
                    batch.Add(Payloads.Of(700, w));
                    batch.Add(Payloads.Of(700, w));
                    SequenceRange range = await log.AppendBatchAsync(batch);
                    InterlockedMax(ref acknowledged, range.Last);
                }
            })),
            Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await log.TruncateBeforeAsync(Math.Max(1, log.LastSequence - 300));
                    await Task.Delay(2);
                }
            }),
        ];
        for (int round = 0; round < 4; round++)
        {
            long target = Volatile.Read(ref acknowledged) + 300;
            await Eventually.IsTrueAsync(() => Volatile.Read(ref acknowledged) > target, "load");
            long before = Volatile.Read(ref acknowledged);
            BackupReport report = await log.BackupAsync(Backup).Soon();
            Assert.True(report.Sequence >= before);
            string restored = _scratch.Sibling($"restored{round}");
            await WriteAheadLog.RestoreAsync(Backup, restored).Soon();
            await using WriteAheadLog copy = await SmallLogs.OpenAsync(restored);
            Assert.Equal(report.Sequence, copy.LastSequence);

            // Batches of two: none is torn.
            Assert.Equal(0, copy.LastSequence % 2);
            Assert.Equal(copy.LastSequence - copy.FirstSequence + 1, LogContents.Read(copy).Count);
        }

        await stop.CancelAsync();
        await Task.WhenAll(load).Soon();
    }

    [Fact]
    public async Task A_backup_is_read_as_it_is_and_shows_what_it_had_when_it_was_opened()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        List<byte[]> expected = SmallLogs.Append(log, 60, 3000);
        await log.TruncateBeforeAsync(31).Soon();
        await log.BackupAsync(Backup).Soon();
        await using WriteAheadLog read = await WriteAheadLog.OpenAsync(
            Backup, new WriteAheadLogOptions { ReadOnly = true });
        SmallLogs.Append(log, 60, 3000, seed: 300);
        await log.BackupAsync(Backup).Soon();

        Assert.Equal((31, 60), (read.FirstSequence, read.LastSequence));
        List<byte[]> found = [];
        using LogReader follower = read.OpenReader(31, new LogReaderOptions { Follow = true });
        await foreach (OwnedRecord record in follower.ReadAllAsync())
        {
            found.Add(record.Payload.ToArray());
        }

        LogContents.AssertSame(expected[30..], found);
        VerifyReport verified = await LogDirectory.VerifyAsync(Backup).Soon();
        Assert.True(verified.IsSound);
    }

    [Fact]
    public async Task Backups_of_logs_and_of_engines_are_not_taken_for_one_another()
    {
        string engineBackup = _scratch.Sibling("engine-backup");
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(_scratch.Sibling("engine"));
        await engine.BackupAsync(engineBackup).Soon();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        log.Append([1]);
        await log.BackupAsync(Backup).Soon();

        await Assert.ThrowsAsync<WrongStoreKindException>(() => log.BackupAsync(engineBackup).Soon());
        await Assert.ThrowsAsync<WrongStoreKindException>(() => engine.BackupAsync(Backup).Soon());
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => EmbeddedEngine.RestoreAsync(Backup, Restored).Soon());
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => WriteAheadLog.RestoreAsync(engineBackup, Restored).Soon());
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => WriteAheadLog.OpenAsync(Backup).Soon());
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => WriteAheadLog.RestoreAsync(_scratch.Path, Restored).Soon());
        Assert.False(Directory.Exists(Restored));
        await using WriteAheadLog other = await SmallLogs.OpenAsync(_scratch.Sibling("other"));
        await Assert.ThrowsAsync<WrongStoreKindException>(() => other.BackupAsync(Backup).Soon());
    }

    [Fact]
    public async Task The_logs_own_directory_and_one_with_files_are_refused()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        await Assert.ThrowsAsync<ArgumentException>(() => log.BackupAsync(_scratch.Path).Soon());
        await Assert.ThrowsAsync<ArgumentException>(
            () => log.BackupAsync(_scratch.File("within")).Soon());
        Directory.CreateDirectory(Backup);
        await File.WriteAllTextAsync(Path.Combine(Backup, "mine.txt"), "text");
        await Assert.ThrowsAsync<DirectoryNotEmptyException>(() => log.BackupAsync(Backup).Soon());
    }

    [Fact]
    public async Task A_cancelled_backup_leaves_the_older_one_and_the_next_goes_on()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        List<byte[]> expected = SmallLogs.Append(log, 100, 3000);
        await log.BackupAsync(Backup).Soon();
        SmallLogs.Append(log, 50, 3000, seed: 200);
        using CancellationTokenSource stop = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => log.BackupAsync(Backup, new Told(stop.Cancel), stop.Token).Soon());
        await WriteAheadLog.RestoreAsync(Backup, Restored).Soon();
        await using (WriteAheadLog restored = await SmallLogs.OpenAsync(Restored))
        {
            LogContents.AssertSame(expected, LogContents.Read(restored));
        }

        BackupReport next = await log.BackupAsync(Backup).Soon();
        Assert.Equal(150, next.Sequence);
        Assert.True(next.BytesKept > 0);
    }

    [Fact]
    public async Task Closing_stops_a_backup_and_later_ones_are_refused()
    {
        WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        SmallLogs.Append(log, 100, 3000);
        Task? closing = null;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => log.BackupAsync(
            Backup, new Told(() => closing ??= log.CloseAsync().AsTask())).Soon());
        await closing!.Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await log.BackupAsync(Backup));
        await using WriteAheadLog read = await WriteAheadLog.OpenAsync(
            _scratch.Path, new WriteAheadLogOptions { ReadOnly = true });
        await Assert.ThrowsAsync<StorageReadOnlyException>(
            async () => await read.BackupAsync(Backup));
    }

    private static void InterlockedMax(ref long target, long value)
    {
        for (long seen = Volatile.Read(ref target); seen < value;)
        {
            seen = Interlocked.CompareExchange(ref target, value, seen);
        }
    }

    private sealed class Told(Action tell) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => tell();
    }
}
