using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>Names that change while somebody has the file open, and names that are long.</summary>
public sealed class OpenNamesTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly IFileSystem _fs = RealFileSystem.Instance;

    public void Dispose() => _directory.Dispose();

    /// <summary>
    /// On Windows 101 of 200 saves failed while somebody read the file that they replace.
    /// </summary>
    [Fact]
    public async Task H1_A_file_is_replaced_while_others_read_it()
    {
        string path = _directory["state"];
        await SnapshotFile.SaveAsync(path, new byte[] { 0 });
        using CancellationTokenSource end = new();
        int reads = 0;
        Task reader = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                await using SnapshotFileReader file = await SnapshotFile.OpenAsync(path);
                Assert.True(file.Read(new byte[2]) > 0);
                Interlocked.Increment(ref reads);
            }
        });
        for (int i = 0; i < 50; i++)
        {
            await SnapshotFile.SaveAsync(path, new[] { (byte)i, (byte)1 });
        }

        await Eventually.IsTrueAsync(
            () => Volatile.Read(ref reads) > 0 || reader.IsFaulted, "it was read");
        await end.CancelAsync();
        await reader;
        Assert.Equal(["state"], _directory.Names());
    }

    /// <summary>
    /// Virus scanners and indexers do so; where files can be replaced while they are open nobody waits.
    /// </summary>
    [Fact]
    public async Task H1_Who_has_a_file_open_for_a_moment_is_waited_for()
    {
        File.WriteAllText(_directory["old"], "old");
        File.WriteAllText(_directory["new"], "new");
        IStorageFile open = _fs.Open(_directory["old"], OpenFlags.Read);
        Task renaming = Task.Run(() => _fs.Rename(_directory["new"], _directory["old"]));

        await Task.Delay(100);
        open.Dispose();

        await renaming.Soon();
        Assert.Equal("new", File.ReadAllText(_directory["old"]));
        Assert.Equal(["old"], _directory.Names());
    }

    [Fact]
    public void H1_Who_has_a_replaced_file_open_keeps_what_it_has()
    {
        File.WriteAllText(_directory["old"], "old");
        File.WriteAllText(_directory["new"], "new");
        using IStorageFile open = _fs.Open(_directory["old"], OpenFlags.Read);

        _fs.Rename(_directory["new"], _directory["old"]);

        byte[] kept = new byte[3];
        Assert.Equal(3, open.Read(kept, 0));
        Assert.Equal("old"u8, kept);
        Assert.Equal("new", File.ReadAllText(_directory["old"]));
    }

    [Fact]
    public void H4_A_removed_name_can_be_given_again_while_the_file_is_open()
    {
        using IStorageFile open = _fs.Open(_directory["file"], OpenFlags.CreateNew);

        Assert.True(_fs.Unlink(_directory["file"]));
        using IStorageFile again = _fs.Open(_directory["file"], OpenFlags.CreateNew);

        Assert.Equal(["file"], _directory.Names());
        Assert.False(again.GetIdentity().IsSame(open.GetIdentity()));
    }

    [Fact]
    public async Task H4_A_path_longer_than_260_characters_is_a_path()
    {
        string deep = _directory.Path;
        while (deep.Length < 400)
        {
            deep = Path.Combine(deep, new string('d', 60));
        }

        await using (WriteAheadLog log = await SmallLogs.OpenAsync(deep))
        {
            log.Append([1]);
        }

        Assert.Equal(1, (await LogDirectory.StatAsync(deep)).LastSequence);
        Assert.Single(await LogContents.ReadAsync(deep));
    }

    [Fact]
    public void A_directory_is_not_opened_as_a_file()
    {
        Directory.CreateDirectory(_directory["sub"]);

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.Open(_directory["sub"], OpenFlags.Read));

        Assert.Equal(Errno.IsDirectory, error.ErrorNumber);
    }

    [Fact]
    public void A_path_upwards_leads_above_the_directory_itself()
    {
        Directory.CreateDirectory(Path.Combine(_directory.Path, "a", "b"));
        string up = Path.Join(_directory.Path, "a", "b", "..", "..");

        Assert.True(_fs.TryIdentify(up)!.Value.IsSame(_fs.TryIdentify(_directory.Path)!.Value));
        Assert.True(DirectoryPlace.LiesIn(
            _fs,
            Path.Combine(_directory.Path, "a", "b", "missing"),
            _fs.TryIdentify(_directory.Path)!.Value));
        Assert.False(DirectoryPlace.LiesIn(
            _fs, _directory.Path, _fs.TryIdentify(_directory["a"])!.Value));
    }

    /// <summary>Calls on one file do not stand in line, and none gets another's bytes.</summary>
    [Fact]
    public async Task Any_number_of_threads_read_and_write_one_file_at_a_time()
    {
        const int Block = 4096;
        const int Threads = 8;
        using IStorageFile file = _fs.Open(_directory["file"], OpenFlags.CreateNew);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            byte[] own = new byte[Block];
            byte[] read = new byte[Block];
            for (int i = 0; i < 100; i++)
            {
                own.AsSpan().Fill((byte)(thread + i));
                file.Write(own, (long)thread * Block, dataSync: i % 25 == 0);
                Assert.Equal(Block, file.Read(read, (long)thread * Block));
                Assert.Equal(own, read);
            }
        })));
        Assert.Equal(Threads * Block, file.GetLength());
    }
}
