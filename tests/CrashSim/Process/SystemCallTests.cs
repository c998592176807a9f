using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Processes;

/// <summary>Rows 18, 19, 21, 22, 24: the k-th system call of a thread fails.</summary>
public sealed class SystemCallTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct, "pwritev2", "EIO", 1)]
    [InlineData(IoMode.Direct, "pwritev2", "EIO", 4)]
    [InlineData(IoMode.Direct, "pwritev2", "EIO", 9)]
    [InlineData(IoMode.Direct, "pwrite64,pwritev2", "ENOSPC", 3)]
    [InlineData(IoMode.Direct, "fdatasync", "EIO", 2)]
    [InlineData(IoMode.Direct, "fdatasync", "EIO", 4)]
    [InlineData(IoMode.Buffered, "pwrite64", "EIO", 2)]
    [InlineData(IoMode.Buffered, "pwrite64", "EIO", 5)]
    [InlineData(IoMode.Buffered, "pwrite64", "EDQUOT", 8)]
    [InlineData(IoMode.Buffered, "pwrite64", "EFBIG", 7)]
    [InlineData(IoMode.Buffered, "fdatasync", "EIO", 1)]
    [InlineData(IoMode.Buffered, "fdatasync", "EIO", 3)]
    [InlineData(IoMode.Buffered, "fdatasync", "ENOSPC", 6)]
    [InlineData(IoMode.Buffered, "fsync", "EIO", 1)]
    [InlineData(IoMode.Buffered, "fsync", "EIO", 3)]
    [InlineData(IoMode.Buffered, "fallocate", "EIO", 1)]
    [InlineData(IoMode.Buffered, "fallocate", "ENOSPC", 1)]
    [InlineData(IoMode.Buffered, "renameat,renameat2", "EIO", 2)]
    public async Task After_a_failing_call_nothing_is_acknowledged_and_reopening_recovers(
        IoMode mode, string calls, string error, int when)
    {
        Machine.Require(mode);
        Strace.Require();
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 0, 0, mode);
        using ChildWriter child =
            Strace.Start(calls, $"error={error}:when={when}", scratch.Path, mode);
        List<string> lines = await child.EndAsync();
        Assert.Empty(await child.ErrorsAsync());
        AssertFailStop(lines);
        await AssertRecoversAsync(scratch.Path, mode, lines);
        Report(error is "EDQUOT" or "EFBIG" ? 24 : calls is "fdatasync" or "fsync" ? 19 : 18);
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct, "pwritev2")]
    [InlineData(IoMode.Buffered, "pwrite64")]
    public async Task A_write_of_nothing_is_a_fault(IoMode mode, string call)
    {
        Machine.Require(mode);
        Strace.Require();
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 0, 0, mode);
        using ChildWriter child = Strace.Start(call, "retval=0:when=3", scratch.Path, mode);
        List<string> lines = await child.EndAsync();
        AssertFailStop(lines);
        await AssertRecoversAsync(scratch.Path, mode, lines);
        Report(21);
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Interrupted_calls_are_made_again(IoMode mode)
    {
        Machine.Require(mode);
        Strace.Require();
        using ScratchDirectory scratch = new();
        using ChildWriter child = Strace.Start(
            "pwrite64,pwritev2,fdatasync,fsync,fallocate,ftruncate,flock",
            "error=EINTR:when=1+2",
            scratch.Path,
            mode);
        List<string> lines = await child.EndAsync();
        Assert.Equal(10, lines.Count(l => l.StartsWith("ack", StringComparison.Ordinal)));
        Assert.Contains("closed", lines);
        await AssertRecoversAsync(scratch.Path, mode, lines);
        Report(22);
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct, "pwritev2", 5)]
    [InlineData(IoMode.Buffered, "pwrite64", 4)]
    [InlineData(IoMode.Buffered, "fdatasync", 3)]
    [InlineData(IoMode.Buffered, "fdatasync", 8)]
    [InlineData(IoMode.Direct, "fsync", 2)]
    [InlineData(IoMode.Buffered, "renameat,renameat2", 1)]
    [InlineData(IoMode.Buffered, "renameat,renameat2", 2)]
    public async Task A_kill_before_the_call_loses_nothing_acknowledged(
        IoMode mode, string call, int when)
    {
        Machine.Require(mode);
        Strace.Require();
        using ScratchDirectory scratch = new();
        using ChildWriter child = Strace.Start(
            call, $"signal=SIGKILL:when={when}", scratch.Path, mode);
        List<string> lines = await child.EndAsync();
        Assert.DoesNotContain(lines, l => l.StartsWith("closed", StringComparison.Ordinal));
        await AssertRecoversAsync(scratch.Path, mode, lines);
        Report(25);
    }

    private static void Report(int row) => FaultReport.Row(row, "P", 1, 1, 0);

    /// <summary>Once an append has failed with a fault, all others do.</summary>
    private static void AssertFailStop(List<string> lines)
    {
        if (lines[0].StartsWith("open ", StringComparison.Ordinal))
        {
            Assert.Matches("open (StorageIOException|StorageFullException)", lines[0]);
            return;
        }

        int fault = lines.FindIndex(l => l.EndsWith(
            "StorageFaultedException", StringComparison.Ordinal));
        Assert.Equal(fault >= 0, lines.Contains("closed StorageFaultedException"));
        if (fault >= 0)
        {
            Assert.DoesNotContain(
                lines[fault..], l => l.StartsWith("ack", StringComparison.Ordinal));
        }

        Assert.DoesNotContain(
            lines, l => l.StartsWith("failed", StringComparison.Ordinal)
                && !l.EndsWith("StorageFaultedException", StringComparison.Ordinal)
                && !l.EndsWith("StorageFullException", StringComparison.Ordinal));
    }

    private static async Task AssertRecoversAsync(
        string directory, IoMode mode, List<string> lines)
    {
        Journal journal = new();
        journal.Note(run: 1, lines);
        for (int opening = 0; opening < 2; opening++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(directory, mode);
            journal.Check(log);
        }
    }
}
