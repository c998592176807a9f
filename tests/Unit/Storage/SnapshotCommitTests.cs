using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>The steps of a commit: their order, and the failure of each.</summary>
public sealed class SnapshotCommitTests : IDisposable
{
    private static readonly byte[] Old = "old"u8.ToArray();
    private static readonly byte[] New = "new"u8.ToArray();

    private readonly TempDirectory _directory = new();
    private readonly HookedFileSystem _fs = new();

    private string Target => _directory["state"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Commit_syncs_the_data_then_renames_then_syncs_the_directory()
    {
        SnapshotFileCore.Save(_fs, Target, New, 0, 0);

        string directory = Path.GetFileName(_directory.Path);
        string temp = _fs.Journal[0].Split(' ')[1];
        Assert.Equal(
            [
                $"create {temp}",
                $"lock {temp}",
                $"write {temp}",
                $"write {temp}",
                $"sync {temp}",
                "rename state",
                $"sync directory {directory}",
            ],
            _fs.Journal);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("lock")]
    [InlineData("write")]
    [InlineData("sync")]
    [InlineData("rename")]
    public async Task Commit_that_fails_reports_it_and_leaves_only_the_old_file(string operation)
    {
        await SnapshotFile.SaveAsync(Target, Old);
        byte[] before = await File.ReadAllBytesAsync(Target);
        _fs.FailOn = operation;

        StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
            async () => await SnapshotFile.SaveOnAsync(_fs, Target, New, null, default));

        Assert.Equal(operation, error.Operation);
        Assert.Equal(["state"], _directory.Names());
        Assert.Equal(before, await File.ReadAllBytesAsync(Target));
    }

    [Fact]
    public async Task Commit_whose_directory_sync_fails_reports_it_and_leaves_a_whole_file()
    {
        await SnapshotFile.SaveAsync(Target, Old);
        _fs.FailOn = "sync directory";

        await Assert.ThrowsAsync<StorageIOException>(
            async () => await SnapshotFile.SaveOnAsync(_fs, Target, New, null, default));

        Assert.Equal(["state"], _directory.Names());
        Assert.Equal(New, (await SnapshotFile.LoadAsync(Target)).Payload.ToArray());
    }

    [Fact]
    public async Task Commit_after_a_failed_write_is_a_closed_error()
    {
        await using SnapshotFileWriter writer =
            await SnapshotFile.CreateOnAsync(_fs, Target, null, default);
        _fs.FailOn = "write";
        await Assert.ThrowsAsync<StorageIOException>(
            async () => await writer.WriteAsync(new byte[100_000]));
        _fs.FailOn = null;

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await writer.CommitAsync());

        Assert.Empty(_directory.Names());
    }

    [Fact]
    public async Task Commit_survives_failures_of_the_sweep()
    {
        await File.WriteAllTextAsync(FileNames.NewTemp(Target), "stale");
        _fs.FailOn = "list";
        await SnapshotFile.SaveOnAsync(_fs, Target, Old, null, default);
        _fs.FailOn = "unlink";

        await SnapshotFile.SaveOnAsync(_fs, Target, New, null, default);

        Assert.Equal(New, (await SnapshotFile.LoadAsync(Target)).Payload.ToArray());
        Assert.Equal(2, _directory.Names().Length);
    }

    /// <summary>
    /// "identify" is behind the lock: the sweeper had it and removed the name while the creator was
    /// about to ask. The creator then locked a file without a name, and its rename failed.
    /// </summary>
    [Theory]
    [InlineData("lock")]
    [InlineData("identify")]
    public void A_sweeper_between_creating_and_locking_costs_only_a_new_name(string when)
    {
        int swept = 0;
        _fs.Before = (operation, path) =>
        {
            if (operation == when && swept++ < 3)
            {
                Assert.True(RealFileSystem.Instance.Unlink(path));
            }
        };

        SnapshotFileCore.Save(_fs, Target, New, 0, 0);

        Assert.Equal(4, _fs.Journal.Count(line => line.Split(' ')[0] == "create"));
        Assert.Equal(["state"], _directory.Names());
    }

    [Fact]
    public void A_read_error_is_neither_damage_nor_absence()
    {
        SnapshotFileCore.Save(_fs, Target, New, 0, 0);
        _fs.FailOn = "read";

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => SnapshotFileCore.Load(_fs, Target, forWriting: false));

        Assert.Equal(Errno.Io, error.ErrorNumber);
    }
}
