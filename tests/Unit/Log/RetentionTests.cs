using System.Diagnostics.Metrics;
using LogEngine.Unit.Telemetry;

namespace LogEngine.Unit.Log;

public sealed class RetentionTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task The_oldest_segments_go_while_there_are_more_bytes_than_allowed()
    {
        await using WriteAheadLog log = await OpenAsync(new() { MaxBytes = 200_000 });
        List<byte[]> expected = SmallLogs.Append(log, 200, 3000);
        await Eventually.IsTrueAsync(
            () => log.Statistics.Segments <= 5 && _scratch.SegmentFiles().Length <= 10,
            "files are removed");

        // A pass may still be at work, and remove one more between two looks; closed, it is over.
        await log.CloseAsync();
        await using WriteAheadLog closed = await WriteAheadLog.OpenAsync(
            _scratch.Path, new WriteAheadLogOptions { ReadOnly = true });

        // At most two segments more than allowed, and no more removed than had to be.
        int first = (int)closed.FirstSequence;
        Assert.InRange((200 - first) * 3000, 100_000, 200_000 + (2 * 65536));
        LogContents.AssertSame(expected[(first - 1)..], LogContents.Read(closed));
    }

    /// <summary>
    /// A pass that met an error which is none of the engine's, here of a user's listener of metrics, ended retention
    /// for good without a word, and closing the log threw it.
    /// </summary>
    [Fact]
    public async Task A_pass_that_fails_for_any_reason_is_told_and_tried_again()
    {
        int heard = 0;
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "logengine.log.retention.removed")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (tags.ToArray().Any(tag => _scratch.Path.Equals(tag.Value))
                && Interlocked.Increment(ref heard) == 1)
            {
                throw new InvalidOperationException("a listener that throws");
            }
        });
        listener.Start();
        CollectedEvents events = new();
        WriteAheadLog log = await WriteAheadLog.OpenAsync(
            _scratch.Path,
            SmallLogs.Options() with { Retention = new() { MaxBytes = 1 }, LoggerFactory = events });
        SmallLogs.Append(log, 50, 3000);
        await Eventually.IsTrueAsync(() => events.Has(9), "the failure is told");
        SmallLogs.Append(log, 100, 3000);
        await Eventually.IsTrueAsync(
            () => Volatile.Read(ref heard) > 1 && log.FirstSequence > 100, "the next pass removes");
        await log.CloseAsync();
    }

    [Fact]
    public async Task The_active_segment_stays_however_little_is_allowed()
    {
        await using WriteAheadLog log = await OpenAsync(new() { MaxBytes = 1 });
        List<byte[]> expected = SmallLogs.Append(log, 100, 3000);
        await Eventually.IsTrueAsync(() => log.FirstSequence > 50, "segments are removed");
        Assert.Equal(100, log.LastSequence);
        Assert.True(log.FirstSequence <= 100);
        Assert.Equal(expected[^1], LogContents.Read(log)[^1]);
    }

    [Fact]
    public async Task Old_segments_go_by_the_clock_although_nobody_writes()
    {
        await using WriteAheadLog log = await OpenAsync(new() { MaxAge = TimeSpan.FromHours(8) });
        SmallLogs.Append(log, 100, 3000);
        _time.Advance(TimeSpan.FromHours(4));
        long half = log.LastSequence;
        SmallLogs.Append(log, 100, 3000);
        await PassHoursAsync(3);
        Assert.Equal(1, log.FirstSequence);

        await PassHoursAsync(2);
        await Eventually.IsTrueAsync(() => log.FirstSequence > 1, "the older half is removed");
        Assert.InRange(log.FirstSequence, half - 25, half + 1);

        await PassHoursAsync(4);
        await Eventually.IsTrueAsync(() => log.FirstSequence > half + 50, "the rest is removed");

        // The active segment stays, however old it is.
        await PassHoursAsync(100);
        Assert.Equal(200, log.LastSequence);
        Assert.NotEmpty(LogContents.Read(log));
    }

    [Fact]
    public async Task A_log_that_is_opened_is_brought_within_its_retention()
    {
        await using (WriteAheadLog log = await OpenAsync(null))
        {
            SmallLogs.Append(log, 100, 3000);
        }

        _time.Advance(TimeSpan.FromDays(2));
        await using WriteAheadLog again = await OpenAsync(new() { MaxAge = TimeSpan.FromDays(1) });

        // All are old, and the last of them is still the newest that is durable.
        await Eventually.IsTrueAsync(() => again.FirstSequence > 50, "old segments are removed");
        Assert.Equal(100, again.LastSequence);
        again.Append([1]);
        await PassHoursAsync(4);
        await Eventually.IsTrueAsync(() => again.FirstSequence == 101, "the last one too");
    }

    [Fact]
    public async Task A_reader_reads_its_segment_to_its_end_and_is_then_told()
    {
        await using WriteAheadLog log = await OpenAsync(new() { MaxBytes = 100_000 });
        SmallLogs.Append(log, 10, 3000);
        using LogReader reader = log.OpenReader(1);
        Assert.True(reader.TryRead(out _));
        SmallLogs.Append(log, 190, 3000);
        await Eventually.IsTrueAsync(() => log.FirstSequence > 100, "segments are removed");
        TruncatedException error = Assert.Throws<TruncatedException>(() =>
        {
            while (reader.TryRead(out StoredRecord record))
            {
                Assert.Equal(3000, record.Payload.Length);
            }
        });
        Assert.InRange(error.Requested, 10, 30);
    }

    [Fact]
    public async Task What_a_backup_copies_stays_until_it_ends()
    {
        string backup = _scratch.Sibling("backup");
        string restored = _scratch.Sibling("restored");
        await using WriteAheadLog log = await OpenAsync(new() { MaxBytes = 150_000 });
        List<byte[]> expected = SmallLogs.Append(log, 45, 3000);
        long first = 0;
        await log.BackupAsync(backup, new Told(() =>
        {
            if (first == 0)
            {
                first = log.FirstSequence;
                SmallLogs.Append(log, 200, 3000);
                SpinWait.SpinUntil(() => log.FirstSequence > 100, TimeSpan.FromSeconds(30));
            }
        })).Soon();

        Assert.True(log.FirstSequence > 100);
        await WriteAheadLog.RestoreAsync(backup, restored).Soon();
        await using WriteAheadLog copy = await SmallLogs.OpenAsync(restored);
        LogContents.AssertSame(expected[(int)(first - 1)..], LogContents.Read(copy));
    }

    [Fact]
    public async Task A_read_only_log_removes_nothing()
    {
        await SmallLogs.CreateAsync(_scratch.Path, 100, 3000);
        string[] before = _scratch.SegmentFiles();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            _scratch.Path,
            new WriteAheadLogOptions
            {
                ReadOnly = true,
                Retention = new LogRetention { MaxBytes = 1 },
            });
        await Task.Delay(50);
        Assert.Equal(100, LogContents.Read(log).Count);
        Assert.Equal(before, _scratch.SegmentFiles());
    }

    [Fact]
    public async Task Damage_in_what_is_old_keeps_it_and_does_not_stop_the_log()
    {
        await using WriteAheadLog log = await OpenAsync(new() { MaxAge = TimeSpan.FromHours(8) });
        SmallLogs.Append(log, 100, 3000);
        foreach (string path in _scratch.SegmentFiles())
        {
            using FileStream file = new(
                path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            file.Position = 4096;
            file.Write(new byte[4096]);
        }

        await PassHoursAsync(30);
        await Task.Delay(50);
        Assert.Equal(1, log.FirstSequence);
        Assert.Equal(101, log.Append([1]));
    }

    [Fact]
    public void Values_out_of_range_are_refused()
    {
        foreach (LogRetention wrong in (LogRetention[])
            [
                new() { MaxAge = TimeSpan.Zero },
                new() { MaxAge = TimeSpan.FromMilliseconds(999) },
                new() { MaxBytes = 0 },
                new() { MaxBytes = -1 },
            ])
        {
            Assert.Throws<ArgumentOutOfRangeException>(
                () => new WriteAheadLogOptions { Retention = wrong }.Validate());
        }

        new WriteAheadLogOptions
        {
            Retention = new LogRetention { MaxAge = TimeSpan.MaxValue, MaxBytes = long.MaxValue },
        }.Validate();
    }

    [Fact]
    public async Task The_largest_values_remove_nothing()
    {
        await using WriteAheadLog log = await OpenAsync(
            new() { MaxAge = TimeSpan.MaxValue, MaxBytes = long.MaxValue });
        SmallLogs.Append(log, 100, 3000);
        await PassHoursAsync(48);
        Assert.Equal(1, log.FirstSequence);
    }

    private ValueTask<WriteAheadLog> OpenAsync(LogRetention? retention) => WriteAheadLog.OpenAsync(
        _scratch.Path, SmallLogs.Options() with { Retention = retention, TimeProvider = _time });

    /// <summary>Passes run on the pool: each is given its moment.</summary>
    private async Task PassHoursAsync(int hours)
    {
        for (int i = 0; i < hours; i++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(5);
        }
    }

    private sealed class Told(Action tell) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => tell();
    }
}
