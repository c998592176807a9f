using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

public sealed class FileLockTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly IFileSystem _fs = RealFileSystem.Instance;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_exclusive_lock_refuses_a_second_one_in_this_process_until_it_is_released()
    {
        using (IFileLock? first = Take(LockKind.Exclusive))
        {
            Assert.NotNull(first);
            Assert.Null(Take(LockKind.Exclusive));
        }

        using IFileLock? second = Take(LockKind.Exclusive);
        Assert.NotNull(second);
    }

    [Fact]
    public void Shared_locks_go_together_and_keep_an_exclusive_one_out()
    {
        IFileLock? first = Take(LockKind.Shared);
        using IFileLock? second = Take(LockKind.Shared);
        Assert.NotNull(first);
        Assert.NotNull(second);
        Assert.Null(Take(LockKind.Exclusive));

        first.Dispose();
        Assert.Null(Take(LockKind.Exclusive));

        second.Dispose();
        using IFileLock? exclusive = Take(LockKind.Exclusive);
        Assert.NotNull(exclusive);
        Assert.Null(Take(LockKind.Shared));
    }

    [SkippableFact]
    public void An_exclusive_lock_refuses_another_process()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "flock(1)");
        Skip.IfNot(File.Exists("/usr/bin/flock"), "flock(1) is not installed");
        using (IFileLock? held = Take(LockKind.Exclusive))
        {
            Assert.NotNull(held);
            Assert.Equal(1, Tools.Try("flock", "-n", "-s", _directory["LOCK"], "true").Code);
        }

        Tools.Run("flock", "-n", "-x", _directory["LOCK"], "true");
    }

    [Fact]
    public void A_lock_is_refused_under_another_name_of_the_same_file()
    {
        File.WriteAllText(_directory["LOCK"], string.Empty);
        File.CreateSymbolicLink(_directory["link"], _directory["LOCK"]);
        using IFileLock? held = Take(LockKind.Exclusive);

        Assert.NotNull(held);
        Assert.Null(_fs.TryLock(_directory["link"], LockKind.Exclusive, create: true));
    }

    [Fact]
    public void A_missing_lock_file_is_created_only_when_asked_for()
    {
        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.TryLock(_directory["LOCK"], LockKind.Shared, create: false));
        Assert.Equal(Errno.NotFound, error.ErrorNumber);
        Assert.Empty(_directory.Names());

        using IFileLock? held = _fs.TryLock(_directory["LOCK"], LockKind.Shared, create: true);
        Assert.NotNull(held);
    }

    [Fact]
    public void Releasing_keeps_the_lock_file()
    {
        IFileLock? held = Take(LockKind.Exclusive);

        held!.Dispose();
        held.Dispose();

        Assert.Equal(["LOCK"], _directory.Names());
    }

    [Fact]
    public void Identity_is_that_of_the_lock_file()
    {
        using IFileLock? held = Take(LockKind.Exclusive);
        using IStorageFile file = _fs.Open(_directory["LOCK"], OpenFlags.Read);

        Assert.Equal(file.GetIdentity(), held!.GetIdentity());
    }

    [SkippableFact]
    public void Asking_for_an_exclusive_holder_tells_it_from_readers_and_takes_nothing()
    {
        Skip.If(OperatingSystem.IsMacOS(), "it cannot be asked there");
        using (IFileLock? held = Take(LockKind.Exclusive))
        {
            Assert.NotNull(held);
            Assert.True(_fs.IsLockedExclusively(_directory["LOCK"]));
            Assert.True(_fs.IsLockedExclusively(_directory["LOCK"]));
        }

        Assert.False(_fs.IsLockedExclusively(_directory["LOCK"]));
        using IFileLock? shared = Take(LockKind.Shared);
        Assert.False(_fs.IsLockedExclusively(_directory["LOCK"]));
        shared!.Dispose();
        using IFileLock? again = Take(LockKind.Exclusive);
        Assert.NotNull(again);
    }

    [SkippableFact]
    public void Asking_for_the_holder_of_a_missing_file_is_not_found()
    {
        Skip.If(OperatingSystem.IsMacOS(), "it cannot be asked there");

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.IsLockedExclusively(_directory["LOCK"]));

        Assert.Equal(Errno.NotFound, error.ErrorNumber);
    }

    /// <summary>
    /// Where asking takes the lock for a moment, a writer that opens in that moment is refused.
    /// </summary>
    [SkippableFact]
    public async Task H2_Who_asks_is_never_in_the_way_of_who_takes()
    {
        Skip.If(OperatingSystem.IsMacOS(), "it cannot be asked there");
        Take(LockKind.Exclusive)!.Dispose();
        using CancellationTokenSource end = new();
        long held = 0;
        Task[] asking =
        [
            .. Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    while (!end.IsCancellationRequested)
                    {
                        if (_fs.IsLockedExclusively(_directory["LOCK"]) == true)
                        {
                            Interlocked.Increment(ref held);
                        }
                    }
                },
                TaskCreationOptions.LongRunning)),
        ];
        for (int i = 0; i < 100; i++)
        {
            using IFileLock? taken = Take(LockKind.Exclusive);
            Assert.NotNull(taken);
            Assert.True(_fs.IsLockedExclusively(_directory["LOCK"]));
        }

        using (Take(LockKind.Exclusive))
        {
            long before = Interlocked.Read(ref held);
            await Eventually.IsTrueAsync(
                () => Interlocked.Read(ref held) > before, "somebody saw the holder");
        }

        await end.CancelAsync();
        await Task.WhenAll(asking);
    }

    [SkippableFact]
    public void H4_A_lock_file_is_asked_by_who_may_only_read_it()
    {
        Skip.If(OperatingSystem.IsMacOS(), "it cannot be asked there");
        using IFileLock? held = Take(LockKind.Exclusive);
        File.SetAttributes(_directory["LOCK"], FileAttributes.ReadOnly);
        try
        {
            Assert.True(_fs.IsLockedExclusively(_directory["LOCK"]));
        }
        finally
        {
            File.SetAttributes(_directory["LOCK"], FileAttributes.Normal);
        }
    }

    [SkippableFact]
    public void H4_A_lock_file_cannot_be_removed_or_renamed_under_its_holder()
    {
        Skip.IfNot(OperatingSystem.IsWindows(), "elsewhere it can, and the holder notices");
        using (IFileLock? held = Take(LockKind.Exclusive))
        {
            Assert.Throws<StorageIOException>(() => _fs.Unlink(_directory["LOCK"]));
            Assert.Throws<StorageIOException>(
                () => _fs.Rename(_directory["LOCK"], _directory["moved"]));
            Assert.Equal(["LOCK"], _directory.Names());
        }

        Assert.True(_fs.Unlink(_directory["LOCK"]));
    }

    private IFileLock? Take(LockKind kind) =>
        _fs.TryLock(_directory["LOCK"], kind, create: true);
}
