using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>Names and locks: as <see cref="RealFileSystemTests"/>, on memory.</summary>
public sealed class MemoryFileSystemTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine("memory", "log"));

    private readonly MemoryFileSystem _fs = new();

    public MemoryFileSystemTests() => _fs.CreateDirectory(Root);

    [Fact]
    public void A_directory_exists_or_not()
    {
        Assert.True(_fs.DirectoryExists(Root));
        Assert.True(_fs.DirectoryExists(Path.GetDirectoryName(Root)!));
        Assert.True(_fs.DirectoryExists(Path.GetPathRoot(Root)!));
        Assert.True(_fs.DirectoryExists(Root + Path.DirectorySeparatorChar));
        Assert.False(_fs.DirectoryExists(In("none")));
        Assert.False(new MemoryFileSystem().DirectoryExists(Root));
        Assert.False(Directory.Exists(Root));
    }

    [Fact]
    public void A_file_in_place_of_a_directory_is_not_a_directory()
    {
        Create("file");

        Assert.Equal(Errno.NotDirectory, ErrorOf(() => _fs.DirectoryExists(In("file"))));
        Assert.Equal(Errno.NotDirectory, ErrorOf(() => _fs.CreateDirectory(In("file"))));
        Assert.Equal(
            Errno.NotDirectory,
            ErrorOf(() => _fs.CreateDirectory(Path.Combine(In("file"), "below", "it"))));
        Assert.Equal(["file"], _fs.ListFiles(Root));
    }

    [Fact]
    public void A_directory_is_created_with_its_parents_and_once_more_without_harm()
    {
        string deep = Path.Combine(In("a"), "b", "c");

        _fs.CreateDirectory(deep);
        _fs.Open(Path.Combine(deep, "file"), OpenFlags.CreateNew).Dispose();
        _fs.CreateDirectory(deep + Path.DirectorySeparatorChar);

        Assert.Equal(["file"], _fs.ListFiles(deep));
        Assert.Empty(_fs.ListFiles(In("a")));
    }

    [Fact]
    public void Listing_names_files_only()
    {
        Create("one");
        Create(".hidden");
        _fs.CreateDirectory(In("sub"));

        Assert.Equal([".hidden", "one"], _fs.ListFiles(Root).Order());
        Assert.Equal(Errno.NotFound, ErrorOf(() => _fs.ListFiles(In("none"))));
    }

    [Theory]
    [InlineData((int)OpenFlags.Read)]
    [InlineData((int)OpenFlags.Write)]
    public void Opening_a_missing_file_is_not_found_and_creates_nothing(int flags)
    {
        Assert.Equal(
            Errno.NotFound, ErrorOf(() => _fs.Open(In("none"), (OpenFlags)flags)));
        Assert.Empty(_fs.ListFiles(Root));
    }

    [Fact]
    public void Creating_refuses_an_existing_name_and_a_missing_directory()
    {
        Create("file", 7);
        _fs.CreateDirectory(In("sub"));

        Assert.Equal(Errno.Exists, ErrorOf(() => _fs.Open(In("file"), OpenFlags.CreateNew)));
        Assert.Equal(Errno.Exists, ErrorOf(() => _fs.Open(In("sub"), OpenFlags.CreateNew)));
        Assert.Equal(
            Errno.NotFound,
            ErrorOf(() => _fs.Open(Path.Combine(In("none"), "file"), OpenFlags.CreateNew)));
        Assert.Equal([7], Content("file"));
    }

    [Fact]
    public void Direct_mode_is_refused_as_the_probe_says()
    {
        StorageFacts tried = _fs.Probe(Root, tryDirect: true);
        StorageFacts untried = _fs.Probe(Root, tryDirect: false);

        Assert.False(tried.DirectSupported);
        Assert.NotNull(tried.DirectReason);
        Assert.Equal(new StorageFacts("memory", false, null, 4096, 4096), untried);
        Assert.Equal(Errno.NotFound, ErrorOf(() => _fs.Probe(In("none"), tryDirect: true)));
        Assert.Equal(
            Errno.Invalid,
            ErrorOf(() => _fs.Open(In("file"), OpenFlags.CreateNew | OpenFlags.Direct)));
        Assert.Empty(_fs.ListFiles(Root));
    }

    [Fact]
    public void Renaming_replaces_the_target_and_keeps_the_identity()
    {
        Create("old", 1, 2, 3);
        Create("new", 4);
        using IStorageFile replaced = _fs.Open(In("old"), OpenFlags.Read);
        using IStorageFile renamed = _fs.Open(In("new"), OpenFlags.Read);

        _fs.Rename(In("new"), In("old"));
        _fs.SyncDirectory(Root);

        Assert.Equal(["old"], _fs.ListFiles(Root));
        Assert.Equal([4], Content("old"));
        Assert.Equal([1, 2, 3], Content(replaced));
        Assert.Equal((0UL, 1UL), (replaced.GetIdentity().Links, renamed.GetIdentity().Links));
        using IStorageFile again = _fs.Open(In("old"), OpenFlags.Read);
        Assert.Equal(renamed.GetIdentity(), again.GetIdentity());
        Assert.NotEqual(replaced.GetIdentity().Inode, again.GetIdentity().Inode);
    }

    [Fact]
    public void Renaming_to_its_own_name_changes_nothing()
    {
        Create("file", 1);

        _fs.Rename(In("file"), In("file"));

        Assert.Equal([1], Content("file"));
        using IStorageFile file = _fs.Open(In("file"), OpenFlags.Read);
        Assert.Equal(1UL, file.GetIdentity().Links);
    }

    [Fact]
    public void Renaming_refuses_what_is_missing_or_a_directory()
    {
        Create("file", 1);
        _fs.CreateDirectory(In("sub"));

        Assert.Equal(Errno.NotFound, ErrorOf(() => _fs.Rename(In("none"), In("target"))));
        Assert.Equal(Errno.IsDirectory, ErrorOf(() => _fs.Rename(In("file"), In("sub"))));
        Assert.Equal(["file"], _fs.ListFiles(Root));
    }

    [Fact]
    public void Unlinking_says_whether_there_was_something()
    {
        Create("file");
        _fs.CreateDirectory(In("sub"));

        Assert.True(_fs.Unlink(In("file")));
        Assert.False(_fs.Unlink(In("file")));
        Assert.False(_fs.Unlink(Path.Combine(In("none"), "file")));
        Assert.Equal(Errno.IsDirectory, ErrorOf(() => _fs.Unlink(In("sub"))));
        Assert.Empty(_fs.ListFiles(Root));
    }

    [Fact]
    public void An_unlinked_file_stays_readable_where_it_is_open_and_its_name_is_free()
    {
        Create("file", 1, 2, 3);
        using IStorageFile open = _fs.Open(In("file"), OpenFlags.Write);

        _fs.Unlink(In("file"));
        Create("file", 9);
        open.Write([8], 1, dataSync: true);

        Assert.Equal([1, 8, 3], Content(open));
        Assert.Equal([9], Content("file"));
        Assert.Equal(0UL, open.GetIdentity().Links);
    }

    [Fact]
    public void Syncing_a_missing_directory_or_a_file_is_an_error()
    {
        Create("file");

        Assert.Equal(Errno.NotFound, ErrorOf(() => _fs.SyncDirectory(In("none"))));
        Assert.Equal(Errno.NotDirectory, ErrorOf(() => _fs.SyncDirectory(In("file"))));
    }

    [Fact]
    public void Two_instances_share_neither_files_nor_identities()
    {
        MemoryFileSystem other = new();
        other.CreateDirectory(Root);
        Create("file");
        using IStorageFile here = _fs.Open(In("file"), OpenFlags.Read);
        using IStorageFile there = other.Open(In("file"), OpenFlags.CreateNew);

        Assert.NotEqual(here.GetIdentity().Device, there.GetIdentity().Device);
    }

    [Fact]
    public void An_exclusive_lock_refuses_every_other_until_it_is_released()
    {
        IFileLock first = Take(LockKind.Exclusive)!;
        Assert.Null(Take(LockKind.Exclusive));
        Assert.Null(Take(LockKind.Shared));
        Assert.True(_fs.IsLockedExclusively(In("LOCK")));

        first.Dispose();
        first.Dispose();

        using IFileLock? second = Take(LockKind.Exclusive);
        Assert.NotNull(second);
        Assert.Equal(["LOCK"], _fs.ListFiles(Root));
    }

    [Fact]
    public void Shared_locks_go_together_and_keep_an_exclusive_one_out()
    {
        IFileLock first = Take(LockKind.Shared)!;
        IFileLock second = Take(LockKind.Shared)!;
        Assert.Null(Take(LockKind.Exclusive));
        Assert.False(_fs.IsLockedExclusively(In("LOCK")));

        first.Dispose();
        first.Dispose();
        Assert.Null(Take(LockKind.Exclusive));

        second.Dispose();
        using IFileLock? exclusive = Take(LockKind.Exclusive);
        Assert.NotNull(exclusive);
    }

    [Fact]
    public void A_missing_lock_file_is_created_only_when_asked_for()
    {
        Assert.Equal(
            Errno.NotFound, ErrorOf(() => _fs.TryLock(In("LOCK"), LockKind.Shared, create: false)));
        Assert.Equal(Errno.NotFound, ErrorOf(() => _fs.IsLockedExclusively(In("LOCK"))));
        Assert.Empty(_fs.ListFiles(Root));

        using IFileLock? held = _fs.TryLock(In("LOCK"), LockKind.Shared, create: true);
        using IStorageFile file = _fs.Open(In("LOCK"), OpenFlags.Read);
        Assert.Equal(file.GetIdentity(), held!.GetIdentity());
    }

    private static string In(string name) => Path.Combine(Root, name);

    private static int ErrorOf(Action action) =>
        Assert.Throws<StorageIOException>(action).ErrorNumber;

    private static byte[] Content(IStorageFile file)
    {
        byte[] bytes = new byte[file.GetLength()];
        Assert.Equal(bytes.Length, file.Read(bytes, 0));
        return bytes;
    }

    private byte[] Content(string name)
    {
        using IStorageFile file = _fs.Open(In(name), OpenFlags.Read);
        return Content(file);
    }

    private void Create(string name, params byte[] bytes)
    {
        using IStorageFile file = _fs.Open(In(name), OpenFlags.CreateNew);
        file.Write(bytes, 0, dataSync: true);
    }

    private IFileLock? Take(LockKind kind) => _fs.TryLock(In("LOCK"), kind, create: true);
}
