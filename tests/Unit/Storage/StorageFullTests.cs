using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>A disk that is really full: a memory file system of 1 MiB. Needs root.</summary>
public sealed class StorageFullTests
{
    private const int TooMuch = 2 << 20;

    private readonly IFileSystem _fs = RealFileSystem.Instance;

    [SkippableFact]
    public void A_write_that_does_not_fit_is_storage_full_after_a_short_write()
    {
        using MountedTmpfs mount = new("size=1m");
        using IStorageFile file = _fs.Open(mount["file"], OpenFlags.CreateNew);

        StorageFullException error = Assert.Throws<StorageFullException>(
            () => file.Write(new byte[TooMuch], 0, dataSync: true));

        Assert.Equal(mount["file"], error.Path);
        Assert.InRange(file.GetLength(), 1, TooMuch - 1);
    }

    [SkippableFact]
    public void An_allocation_that_does_not_fit_is_storage_full()
    {
        using MountedTmpfs mount = new("size=1m");
        using IStorageFile file = _fs.Open(mount["file"], OpenFlags.CreateNew);

        Assert.Throws<StorageFullException>(() => file.Allocate(0, TooMuch));
    }

    [SkippableTheory]
    [InlineData(Errno.FileTooBig)]
    [InlineData(Errno.NoSpace)]
    [InlineData(122)]
    public void Device_quota_and_largest_file_all_count_as_full(int error)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "error numbers of Linux");

        Assert.IsType<StorageFullException>(Errno.ToException("write", "file", error, "text"));
    }

    [Fact]
    public void Any_other_error_keeps_its_number_and_text()
    {
        Exception error = Errno.ToException("write", "file", Errno.Io, "text");

        Assert.Equal(Errno.Io, Assert.IsType<StorageIOException>(error).ErrorNumber);
        Assert.Equal("write 'file' failed: text (error 5).", error.Message);
    }

    [SkippableFact]
    public async Task A_snapshot_that_does_not_fit_leaves_the_old_file_and_nothing_else()
    {
        using MountedTmpfs mount = new("size=1m");
        await SnapshotFile.SaveAsync(mount["state"], new byte[] { 1, 2, 3 });
        byte[] before = await File.ReadAllBytesAsync(mount["state"]);

        await Assert.ThrowsAsync<StorageFullException>(
            async () => await SnapshotFile.SaveAsync(mount["state"], new byte[TooMuch]));

        Assert.Equal(["state"], mount.Names());
        Assert.Equal(before, await File.ReadAllBytesAsync(mount["state"]));
    }

    [SkippableFact]
    public async Task A_failed_piece_abandons_the_writer()
    {
        using MountedTmpfs mount = new("size=1m");
        await using SnapshotFileWriter writer = await SnapshotFile.CreateAsync(mount["state"]);

        await Assert.ThrowsAsync<StorageFullException>(
            async () => await writer.WriteAsync(new byte[TooMuch]));

        Assert.Empty(mount.Names());
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.CommitAsync());
        Assert.Empty(mount.Names());
    }
}
