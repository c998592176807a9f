namespace LogEngine.Unit.Inspection;

public sealed class VerifyTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Sound_log_of_several_segments_gives_no_finding()
    {
        await InspectedLogs.CreateAsync(_directory);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.Empty(report.Findings);
        Assert.True(report.IsSound);
        Assert.Equal(InspectedTail.Sealed, report.Tail);
        Assert.Equal(InspectedLogs.Count, report.Records);
        Assert.Equal(InspectedLogs.Count, report.LastSequence);
        Assert.True(report.Segments >= 3, $"{report.Segments} segments");
        Assert.False(report.BesideWriter);
    }

    [Fact]
    public async Task Sound_after_every_kind_of_opening()
    {
        for (int i = 0; i < 4; i++)
        {
            await SmallLogs.CreateAsync(_directory.Path, i * 7, 900);
        }

        await using (WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path))
        {
            await log.TruncateBeforeAsync(20);
        }

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.Empty(report.Findings);
    }

    [Fact]
    public async Task Torn_tail_is_sound_and_noted()
    {
        (string killed, List<byte[]> records) = await InspectedLogs.KilledAsync(_directory, 5);
        string path = InspectedLogs.Segment(killed, 0);
        Layout.Flip(path, Layout.Of(path).PayloadOf(records.Count));

        VerifyReport report = await LogDirectory.VerifyAsync(killed);

        Assert.True(report.IsSound);
        Assert.Equal(InspectedTail.Torn, report.Tail);
        VerifyFinding finding = Assert.Single(report.Findings);
        Assert.StartsWith("torn tail", finding.Reason, StringComparison.Ordinal);
        Assert.Equal(records.Count - 1, report.Records);
    }

    [Fact]
    public async Task Beside_a_writer_up_to_the_highest_mark()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path);
        SmallLogs.Append(log, 40, InspectedLogs.Length);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.True(report.IsSound, string.Join('\n', report.Findings));
        Assert.True(report.BesideWriter);
        Assert.Equal(InspectedTail.Live, report.Tail);
        Assert.InRange(report.Records, 39, 40);
    }

    [Fact]
    public async Task Newer_format_is_refused()
    {
        await InspectedLogs.CreateAsync(_directory);
        NewerFormat.WriteInto(InspectedLogs.Segment(_directory.Path, 0));

        await Assert.ThrowsAsync<IncompatibleFormatException>(
            () => LogDirectory.VerifyAsync(_directory.Path));
    }

    [Fact]
    public async Task Cancelled_token_ends_it()
    {
        await InspectedLogs.CreateAsync(_directory);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => LogDirectory.VerifyAsync(_directory.Path, null, new CancellationToken(true)));
    }
}
