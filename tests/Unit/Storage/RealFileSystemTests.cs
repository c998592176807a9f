using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

public sealed class RealFileSystemTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly IFileSystem _fs = RealFileSystem.Instance;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_directory_exists_or_not()
    {
        Assert.True(_fs.DirectoryExists(_directory.Path));
        Assert.False(_fs.DirectoryExists(_directory["none"]));
    }

    [Fact]
    public void A_file_in_place_of_a_directory_is_not_a_directory()
    {
        File.WriteAllText(_directory["file"], "x");

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.DirectoryExists(_directory["file"]));

        Assert.Equal(Errno.NotDirectory, error.ErrorNumber);
    }

    [Fact]
    public void A_directory_is_created_with_its_parents_and_once_more_without_harm()
    {
        string deep = Path.Combine(_directory.Path, "a", "b", "c");

        _fs.CreateDirectory(deep + Path.DirectorySeparatorChar);
        _fs.CreateDirectory(deep);

        Assert.True(Directory.Exists(deep));
    }

    [Fact]
    public void A_directory_is_not_created_below_a_file()
    {
        File.WriteAllText(_directory["file"], "x");

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.CreateDirectory(Path.Combine(_directory["file"], "below")));

        Assert.Equal(Errno.NotDirectory, error.ErrorNumber);
    }

    [Fact]
    public void Listing_names_regular_files_only()
    {
        File.WriteAllText(_directory["one"], "1");
        File.WriteAllText(_directory[".hidden"], "2");
        Directory.CreateDirectory(_directory["sub"]);

        Assert.Equal([".hidden", "one"], _fs.ListFiles(_directory.Path).Order());
    }

    [SkippableFact]
    public void Listing_leaves_out_pipes_and_broken_links()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "mkfifo");
        Tools.Run("mkfifo", _directory["pipe"]);
        File.CreateSymbolicLink(_directory["broken"], _directory["nothing"]);
        File.WriteAllText(_directory["real"], "x");
        File.CreateSymbolicLink(_directory["link"], _directory["real"]);

        Assert.Equal(["link", "real"], _fs.ListFiles(_directory.Path).Order());
    }

    [Fact]
    public void Listing_a_missing_directory_is_not_found()
    {
        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.ListFiles(_directory["none"]));

        Assert.Equal(Errno.NotFound, error.ErrorNumber);
    }

    [Theory]
    [InlineData((int)OpenFlags.Read)]
    [InlineData((int)OpenFlags.Write)]
    public void Opening_a_missing_file_is_not_found_and_creates_nothing(int flags)
    {
        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.Open(_directory["none"], (OpenFlags)flags));

        Assert.Equal(Errno.NotFound, error.ErrorNumber);
        Assert.Equal("open", error.Operation);
        Assert.Equal(_directory["none"], error.Path);
        Assert.Empty(_directory.Names());
    }

    [Fact]
    public void Creating_refuses_an_existing_file()
    {
        File.WriteAllText(_directory["file"], "kept");

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.Open(_directory["file"], OpenFlags.CreateNew));

        Assert.Equal(Errno.Exists, error.ErrorNumber);
        Assert.Equal("kept", File.ReadAllText(_directory["file"]));
    }

    [SkippableFact]
    public void A_created_file_can_be_read_by_others_and_written_by_its_owner()
    {
        Skip.If(OperatingSystem.IsWindows(), "POSIX modes");
        _fs.Open(_directory["file"], OpenFlags.CreateNew).Dispose();

        const UnixFileMode Expected = UnixFileMode.UserRead | UnixFileMode.UserWrite
            | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
#pragma warning disable CA1416 // skipped above
        Assert.Equal(Expected, File.GetUnixFileMode(_directory["file"]));
#pragma warning restore CA1416
    }

    [Fact]
    public void Renaming_replaces_the_target()
    {
        File.WriteAllText(_directory["old"], "old, and longer");
        File.WriteAllText(_directory["new"], "new");

        _fs.Rename(_directory["new"], _directory["old"]);
        _fs.SyncDirectory(_directory.Path);

        Assert.Equal(["old"], _directory.Names());
        Assert.Equal("new", File.ReadAllText(_directory["old"]));
    }

    [Fact]
    public void Renaming_a_missing_file_is_not_found()
    {
        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.Rename(_directory["none"], _directory["target"]));

        Assert.Equal(Errno.NotFound, error.ErrorNumber);
    }

    [Fact]
    public void Unlinking_says_whether_there_was_something()
    {
        File.WriteAllText(_directory["file"], "x");

        Assert.True(_fs.Unlink(_directory["file"]));
        Assert.False(_fs.Unlink(_directory["file"]));
        Assert.Empty(_directory.Names());
    }

    [Fact]
    public void Unlinking_a_directory_is_an_error()
    {
        Directory.CreateDirectory(_directory["sub"]);

        Assert.Throws<StorageIOException>(() => _fs.Unlink(_directory["sub"]));
    }

    [SkippableFact]
    public void Syncing_a_missing_directory_or_a_file_is_an_error()
    {
        Skip.If(OperatingSystem.IsWindows(), "directories are not synced there");
        File.WriteAllText(_directory["file"], "x");

        Assert.Equal(
            Errno.NotFound,
            Assert.Throws<StorageIOException>(
                () => _fs.SyncDirectory(_directory["none"])).ErrorNumber);
        Assert.Equal(
            Errno.NotDirectory,
            Assert.Throws<StorageIOException>(
                () => _fs.SyncDirectory(_directory["file"])).ErrorNumber);
    }

    [SkippableFact]
    public void A_read_only_directory_refuses_files()
    {
        Skip.If(OperatingSystem.IsWindows(), "POSIX modes");
        Skip.If(Environment.IsPrivilegedProcess, "root ignores permissions");
#pragma warning disable CA1416 // skipped above
        File.SetUnixFileMode(_directory.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            StorageIOException error = Assert.Throws<StorageIOException>(
                () => _fs.Open(_directory["file"], OpenFlags.CreateNew));
            Assert.Equal(Errno.AccessDenied, error.ErrorNumber);
        }
        finally
        {
            File.SetUnixFileMode(
                _directory.Path,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
#pragma warning restore CA1416
    }

    [SkippableFact]
    public void A_file_system_mounted_read_only_refuses_files()
    {
        const int ReadOnlyFileSystem = 30;
        using MountedTmpfs mount = new("size=1m,ro");

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.Open(mount["file"], OpenFlags.CreateNew));

        Assert.Equal(ReadOnlyFileSystem, error.ErrorNumber);
        Assert.Contains("Read-only file system", error.Message, StringComparison.Ordinal);
    }
}
