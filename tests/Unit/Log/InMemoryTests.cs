using LogEngine.Log;

namespace LogEngine.Unit.Log;

/// <summary>The same log on a disk of its own in memory.</summary>
public sealed class InMemoryTests
{
    private const string Directory = "/in-memory";

    [Fact]
    public async Task A_log_rolls_truncates_recycles_closes_and_reopens_in_memory()
    {
        LogEnvironment memory = LogEnvironment.InMemory();
        List<byte[]> expected;
        await using (WriteAheadLog log = await OpenAsync(memory))
        {
            Assert.Equal("memory", log.Recovery.FileSystem);
            expected = SmallLogs.Append(log, 200, 3000);
            Assert.True(log.Statistics.Segments > 5);
            await log.TruncateBeforeAsync(151).Soon();
            expected.AddRange(SmallLogs.Append(log, 100, 3000, seed: 1000));
            LogContents.AssertSame(expected[150..], LogContents.Read(log));
        }

        await using WriteAheadLog again = await OpenAsync(memory);
        Assert.Equal(RecoveredTail.Sealed, again.Recovery.Tail);
        Assert.Equal(
            (151, 300, 300), (again.FirstSequence, again.LastSequence, again.DurableSequence));
        LogContents.AssertSame(expected[150..], LogContents.Read(again));
        Assert.Equal(301, again.Append([1]));
    }

    [Fact]
    public async Task One_instance_keeps_another_out_while_a_reader_comes_in()
    {
        LogEnvironment memory = LogEnvironment.InMemory();
        await using WriteAheadLog log = await OpenAsync(memory);
        List<byte[]> expected = SmallLogs.Append(log, 20, 3000);

        await Assert.ThrowsAsync<DirectoryLockedException>(async () => await OpenAsync(memory));
        await using WriteAheadLog readOnly = await WriteAheadLog.OpenAsync(
            memory, Directory, SmallLogs.Options() with { ReadOnly = true }, default);

        // The last group waits for a mark behind it before outsiders see it.
        Assert.InRange(readOnly.LastSequence, 19, 20);
        LogContents.AssertSame(
            expected[..(int)readOnly.LastSequence], LogContents.Read(readOnly));
    }

    [Fact]
    public async Task Two_environments_share_nothing()
    {
        await using WriteAheadLog one = await OpenAsync(LogEnvironment.InMemory());
        await using WriteAheadLog two = await OpenAsync(LogEnvironment.InMemory());

        one.Append([1]);

        Assert.Equal((1, 0), (one.LastSequence, two.LastSequence));
    }

    private static ValueTask<WriteAheadLog> OpenAsync(LogEnvironment environment) =>
        WriteAheadLog.OpenAsync(
            environment,
            Directory,
            SmallLogs.Options() with { IoMode = IoMode.Auto },
            CancellationToken.None);
}
