namespace LogEngine.Unit.Log;

public sealed class LockTests
{
    [Fact]
    public async Task A_second_writer_is_refused_and_the_first_goes_on()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog first = await SmallLogs.OpenAsync(scratch.Path);
        DirectoryLockedException error = await Assert.ThrowsAsync<DirectoryLockedException>(
            async () => await SmallLogs.OpenAsync(scratch.Path));
        Assert.Equal(scratch.Path, error.Directory);
        Assert.Equal(1, first.Append([1]));
    }

    [SkippableFact]
    public async Task A_second_writer_by_another_path_is_refused_too()
    {
        Machine.RequireLinux("symbolic links to directories need rights elsewhere");
        using ScratchDirectory scratch = new();
        await using WriteAheadLog first = await SmallLogs.OpenAsync(scratch.Path);
        Directory.CreateSymbolicLink(scratch.Sibling("link"), scratch.Path);
        await Assert.ThrowsAsync<DirectoryLockedException>(
            async () => await SmallLogs.OpenAsync(scratch.Sibling("link")));
    }

    [Fact]
    public async Task The_lock_timeout_waits_for_the_other_writer()
    {
        using ScratchDirectory scratch = new();
        WriteAheadLog first = await SmallLogs.OpenAsync(scratch.Path);
        Task<WriteAheadLog> second = WriteAheadLog.OpenAsync(
            scratch.Path, SmallLogs.Options() with { LockTimeout = TimeSpan.FromMinutes(1) })
            .AsTask();
        first.Append([1]);
        Assert.False(second.IsCompleted);
        await first.CloseAsync();
        await using WriteAheadLog opened = await second.Soon();
        Assert.Equal(1, opened.LastSequence);
    }

    [Fact]
    public async Task The_lock_timeout_ends()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog first = await SmallLogs.OpenAsync(scratch.Path);
        WriteAheadLogOptions options =
            SmallLogs.Options() with { LockTimeout = TimeSpan.FromMilliseconds(50) };
        await Assert.ThrowsAsync<DirectoryLockedException>(
            async () => await WriteAheadLog.OpenAsync(scratch.Path, options));
    }

    [Fact]
    public async Task The_wait_for_the_lock_can_be_cancelled()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog first = await SmallLogs.OpenAsync(scratch.Path);
        using CancellationTokenSource cancel = new();
        Task<WriteAheadLog> second = WriteAheadLog.OpenAsync(
            scratch.Path,
            SmallLogs.Options() with { LockTimeout = TimeSpan.FromMinutes(1) },
            cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Soon());
    }

    [Fact]
    public async Task A_refused_open_lets_go_of_the_lock()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 1, 10);
        byte[] a = await File.ReadAllBytesAsync(scratch.File("manifest-a"));
        byte[] b = await File.ReadAllBytesAsync(scratch.File("manifest-b"));
        await File.WriteAllBytesAsync(scratch.File("manifest-a"), new byte[a.Length]);
        await File.WriteAllBytesAsync(scratch.File("manifest-b"), new byte[b.Length]);
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await SmallLogs.OpenAsync(scratch.Path));
        await File.WriteAllBytesAsync(scratch.File("manifest-a"), a);
        await File.WriteAllBytesAsync(scratch.File("manifest-b"), b);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        Assert.Equal(1, log.LastSequence);
    }
}
