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
        Skip.IfNot(OperatingSystem.IsLinux(), "open file description locks");
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
        Skip.IfNot(OperatingSystem.IsLinux(), "open file description locks");

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.IsLockedExclusively(_directory["LOCK"]));

        Assert.Equal(Errno.NotFound, error.ErrorNumber);
    }

    private IFileLock? Take(LockKind kind) =>
        _fs.TryLock(_directory["LOCK"], kind, create: true);
}
