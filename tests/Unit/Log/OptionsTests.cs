namespace LogEngine.Unit.Log;

public sealed class OptionsTests
{
    public static TheoryData<string, WriteAheadLogOptions> OutOfRange => new()
    {
        { "SegmentSizeBytes", new() { SegmentSizeBytes = (64 << 10) - 1 } },
        { "SegmentSizeBytes", new() { SegmentSizeBytes = (1L << 30) + 1 } },
        { "SegmentSizeBytes", new() { SegmentSizeBytes = 0 } },
        { "SegmentSizeBytes", new() { SegmentSizeBytes = long.MinValue } },
        { "GroupCapBytes", new() { GroupCapBytes = (16 << 10) - 1 } },
        { "GroupCapBytes", new() { GroupCapBytes = (4 << 20) + 1 } },
        { "SpareSegments", new() { SpareSegments = -1 } },
        { "SpareSegments", new() { SpareSegments = 65 } },
        { "MaxUnsyncedAge", new() { MaxUnsyncedAge = TimeSpan.FromMicroseconds(999) } },
        { "MaxUnsyncedAge", new() { MaxUnsyncedAge = TimeSpan.FromHours(1.001) } },
        { "LockTimeout", new() { LockTimeout = TimeSpan.FromTicks(-1) } },
        { "LockTimeout", new() { LockTimeout = TimeSpan.FromDays(1.001) } },
        { "IoMode", new() { IoMode = (IoMode)3 } },
    };

    public static TheoryData<WriteAheadLogOptions> AtTheEdge => new()
    {
        new WriteAheadLogOptions { SegmentSizeBytes = 64 << 10, GroupCapBytes = 4 << 20 },
        new WriteAheadLogOptions { SegmentSizeBytes = 1L << 30, GroupCapBytes = 16 << 10 },
        new WriteAheadLogOptions { SegmentSizeBytes = (64 << 10) + 1, SpareSegments = 0 },
        new WriteAheadLogOptions { SegmentSizeBytes = 1 << 20, SpareSegments = 64 },
        new WriteAheadLogOptions { MaxUnsyncedAge = TimeSpan.FromMilliseconds(1) },
        new WriteAheadLogOptions { MaxUnsyncedAge = TimeSpan.FromHours(1) },
        new WriteAheadLogOptions { LockTimeout = TimeSpan.FromDays(1) },
    };

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public async Task A_value_out_of_range_is_refused_by_name_before_anything_is_created(
        string name, WriteAheadLogOptions options)
    {
        using ScratchDirectory scratch = new();
        ArgumentOutOfRangeException error =
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                async () => await WriteAheadLog.OpenAsync(scratch.Path, options));
        Assert.Equal(name, error.ParamName);
        Assert.False(Directory.Exists(scratch.Path));
    }

    [Theory]
    [MemberData(nameof(AtTheEdge), DisableDiscoveryEnumeration = true)]
    public async Task A_value_at_the_edge_of_its_range_works(WriteAheadLogOptions options)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, options);
        LogContents.AssertSame(SmallLogs.Append(log, 30, 3000), LogContents.Read(log));
    }

    [Fact]
    public async Task A_missing_clock_is_refused()
    {
        using ScratchDirectory scratch = new();
        await Assert.ThrowsAsync<ArgumentNullException>(async () => await WriteAheadLog.OpenAsync(
            scratch.Path, new WriteAheadLogOptions { TimeProvider = null! }));
    }
}
