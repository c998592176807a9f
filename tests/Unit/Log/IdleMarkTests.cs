using LogEngine.Format;

namespace LogEngine.Unit.Log;

public sealed class IdleMarkTests
{
    [Fact]
    public async Task An_idle_log_writes_one_mark_and_no_more()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        await using WriteAheadLog log = await OpenAsync(scratch, time);
        log.Append([1]);
        Assert.Equal(1, log.Statistics.GroupsWritten);
        await MarkAsync(log, time, groups: 2);
        for (int i = 0; i < 20; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await log.FlushAsync().Soon();
        }

        Assert.Equal(2, log.Statistics.GroupsWritten);
    }

    [Fact]
    public async Task No_mark_is_written_before_its_delay()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        await using WriteAheadLog log = await OpenAsync(scratch, time);
        log.Append([1]);
        time.Advance(TimeSpan.FromMilliseconds(99));
        await log.AppendAsync(new byte[] { 2 }).Soon();
        Assert.Equal(2, log.Statistics.GroupsWritten);
    }

    [Fact]
    public async Task A_log_that_holds_nothing_new_writes_no_mark()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 3, 10);
        ManualTime time = new();
        await using WriteAheadLog log = await OpenAsync(scratch, time);
        time.Advance(TimeSpan.FromSeconds(10));
        await log.FlushAsync().Soon();
        Assert.Equal(0, log.Statistics.GroupsWritten);
    }

    [Fact]
    public async Task Damage_of_the_last_group_is_corruption_once_a_mark_attests_it()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        await using WriteAheadLog log = await OpenAsync(scratch, time);
        byte[] payload = Payloads.Of(200, 1);
        log.Append(payload);
        await MarkAsync(log, time, groups: 2);
        string copy = scratch.CopyTo("killed");
        string file = Damage(copy, payload);
        CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
            async () => await SmallLogs.OpenAsync(copy));
        Assert.Equal((file, 4096), (error.Path, error.Offset));
    }

    [Fact]
    public async Task Damage_of_the_last_group_is_an_ambiguous_torn_tail_without_a_mark()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await OpenAsync(scratch, new ManualTime());
        byte[] first = Payloads.Of(200, 1);
        byte[] second = Payloads.Of(200, 2);
        log.Append(first);
        log.Append(second);
        string copy = scratch.CopyTo("killed");
        string file = Damage(copy, second);
        await using WriteAheadLog opened = await SmallLogs.OpenAsync(copy);
        RecoveryReport report = opened.Recovery;
        Assert.Equal((RecoveredTail.Torn, true), (report.Tail, report.Ambiguous));
        Assert.Equal((file, 8192, 4096), (report.CutFile, report.CutOffset, report.DroppedBytes));
        LogContents.AssertSame([first], LogContents.Read(opened));
    }

    [Fact]
    public async Task Damage_below_a_mark_is_corruption_that_names_the_place()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await OpenAsync(scratch, new ManualTime());
        byte[] first = Payloads.Of(200, 1);
        log.Append(first);
        log.Append(Payloads.Of(200, 2));
        string copy = scratch.CopyTo("killed");
        string file = Damage(copy, first);
        CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
            async () => await SmallLogs.OpenAsync(copy));
        Assert.Equal((file, 4096), (error.Path, error.Offset));
    }

    private static ValueTask<WriteAheadLog> OpenAsync(ScratchDirectory scratch, ManualTime time) =>
        WriteAheadLog.OpenAsync(
            scratch.Path, SmallLogs.Options() with { TimeProvider = time });

    /// <summary>Lets the clock run in small steps until so many groups are written.</summary>
    private static Task MarkAsync(WriteAheadLog log, ManualTime time, int groups) =>
        Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return log.Statistics.GroupsWritten == groups;
            },
            "a mark");

    /// <summary>Changes a byte of a payload where it stands on disk; gives the file.</summary>
    private static string Damage(string directory, byte[] payload)
    {
        foreach (string file in Directory.GetFiles(directory, "*.seg"))
        {
            byte[] bytes = File.ReadAllBytes(file);
            int at = bytes.AsSpan().IndexOf(payload);
            if (at >= 0)
            {
                Assert.True(at > FormatLimits.MinAlignment);
                bytes[at] ^= 1;
                File.WriteAllBytes(file, bytes);
                return file;
            }
        }

        throw new InvalidOperationException("The payload is in no segment.");
    }
}
