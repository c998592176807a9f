using LogEngine.Storage;

namespace LogEngine.Unit.Engine;

[Trait("Speed", "slow")]
public sealed class BackupErrorTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Backup => _scratch.Sibling("backup");

    private string Restored => _scratch.Sibling("restored");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_directory_with_files_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Backup);
        await File.WriteAllTextAsync(Path.Combine(Backup, "mine.txt"), "text");
        await using EmbeddedEngine engine = await FilledAsync();
        await Assert.ThrowsAsync<DirectoryNotEmptyException>(
            () => engine.BackupAsync(Backup).Soon());
        Assert.Equal(["mine.txt"], Names(Backup));
    }

    [Fact]
    public async Task Another_stores_backup_and_a_store_are_refused()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await using (EmbeddedEngine other =
            await SmallEngine.OpenAsync(_scratch.Sibling("other")))
        {
            await other.GetKeyspace("k").PutTextAsync("a", "other");
            await other.BackupAsync(Backup).Soon();
        }

        List<string> before = Names(Backup);
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => engine.BackupAsync(Backup).Soon());
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => engine.BackupAsync(_scratch.Sibling("other")).Soon());
        Assert.Equal(before, Names(Backup));
    }

    [Fact]
    public async Task The_engines_own_directory_is_refused()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await Assert.ThrowsAsync<ArgumentException>(
            () => engine.BackupAsync(_scratch.Path).Soon());
        await Assert.ThrowsAsync<ArgumentException>(
            () => engine.BackupAsync(_scratch.File("within")).Soon());
    }

    [Fact]
    public async Task A_backup_is_not_opened_as_an_engine_or_a_log()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.BackupAsync(Backup).Soon();
        List<string> before = Names(Backup);
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => StorageEngine.OpenAsync(Backup).Soon());
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => WriteAheadLog.OpenAsync(Backup).Soon());
        Assert.Equal(before, Names(Backup));
    }

    [Fact]
    public async Task Restoring_never_writes_into_a_directory_with_files()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.BackupAsync(Backup).Soon();
        Directory.CreateDirectory(Restored);
        await File.WriteAllTextAsync(Path.Combine(Restored, "mine.txt"), "text");
        await Assert.ThrowsAsync<DirectoryNotEmptyException>(
            () => EmbeddedEngine.RestoreAsync(Backup, Restored).Soon());
        await Assert.ThrowsAsync<DirectoryNotEmptyException>(
            () => EmbeddedEngine.RestoreAsync(Backup, _scratch.Path).Soon());
        Assert.Equal(["mine.txt"], Names(Restored));
    }

    [Fact]
    public async Task Only_a_complete_backup_can_be_restored()
    {
        await Assert.ThrowsAsync<StorageNotFoundException>(
            () => EmbeddedEngine.RestoreAsync(Backup, Restored).Soon());
        Directory.CreateDirectory(Backup);
        await Assert.ThrowsAsync<StorageNotFoundException>(
            () => EmbeddedEngine.RestoreAsync(Backup, Restored).Soon());
        await using EmbeddedEngine engine = await FilledAsync();
        await Assert.ThrowsAsync<WrongStoreKindException>(
            () => EmbeddedEngine.RestoreAsync(_scratch.Path, Restored).Soon());
        using CancellationTokenSource stop = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.BackupAsync(
            Backup, new Told(stop.Cancel), stop.Token).Soon());
        StorageNotFoundException unfinished = await Assert.ThrowsAsync<StorageNotFoundException>(
            () => EmbeddedEngine.RestoreAsync(Backup, Restored).Soon());
        Assert.Contains("interrupted", unfinished.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Restored));
    }

    [Fact]
    public async Task A_cancelled_backup_leaves_the_older_one_and_nothing_else()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.BackupAsync(Backup).Soon();
        List<string> before = Names(Backup);
        List<(string, string)> expected = engine.GetKeyspace("k").Contents();
        await engine.GetKeyspace("k").PutTextAsync("more", new string('y', 5000));
        using CancellationTokenSource stop = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.BackupAsync(
            Backup, new Told(stop.Cancel), stop.Token).Soon());
        Assert.Equal(before, Names(Backup));
        await AssertRestoresAsync(expected);
    }

    [Fact]
    public async Task Closing_stops_a_backup()
    {
        EmbeddedEngine engine = await FilledAsync();
        Task? closing = null;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.BackupAsync(
            Backup, new Told(() => closing ??= engine.CloseAsync().AsTask())).Soon());
        await closing!.Soon();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await engine.BackupAsync(Backup));
    }

    [Fact]
    public async Task A_damaged_file_of_the_engine_is_named_and_the_older_backup_stays()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.BackupAsync(Backup).Soon();
        List<(string, string)> expected = engine.GetKeyspace("k").Contents();
        await FillAsync(engine, 100);
        string damaged = _scratch.SegmentFiles()[^2];
        Flip(damaged, 8192);
        CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
            () => engine.BackupAsync(Backup).Soon());
        Assert.Equal(damaged, error.Path);
        await AssertRestoresAsync(expected);
    }

    [Fact]
    public async Task A_damaged_snapshot_of_the_engine_is_named()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.SnapshotAsync().Soon();
        string damaged = Directory.GetFiles(_scratch.Path, "*.snap").Single();
        Flip(damaged, 300);
        CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
            () => engine.BackupAsync(Backup).Soon());
        Assert.Equal(damaged, error.Path);
    }

    [Fact]
    public async Task Every_damaged_or_missing_file_of_a_backup_is_named_and_nothing_is_restored()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.SnapshotAsync().Soon();
        await engine.BackupAsync(Backup).Soon();
        foreach (string name in Names(Backup).Where(
            n => n.EndsWith(".seg", StringComparison.Ordinal)
                || n.EndsWith(".snap", StringComparison.Ordinal)))
        {
            string path = Path.Combine(Backup, name);
            byte[] whole = await File.ReadAllBytesAsync(path);
            Flip(path, whole.Length > 4200 ? 4200 : whole.Length / 2);
            await AssertDamagedAsync(path);
            await File.WriteAllBytesAsync(path, whole[..^8]);
            await AssertDamagedAsync(path);
            File.Delete(path);
            await AssertDamagedAsync(path);
            await File.WriteAllBytesAsync(path, whole);
        }

        await AssertRestoresAsync(engine.GetKeyspace("k").Contents());
    }

    [Fact]
    public async Task What_a_backup_has_lost_is_copied_again()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.SnapshotAsync().Soon();
        await engine.BackupAsync(Backup).Soon();
        foreach (string name in Names(Backup).Where(
            n => n.EndsWith(".seg", StringComparison.Ordinal)
                || n.EndsWith(".snap", StringComparison.Ordinal)))
        {
            File.Delete(Path.Combine(Backup, name));
        }

        BackupReport report = await engine.BackupAsync(Backup).Soon();
        Assert.Equal(0, report.BytesKept);
        await AssertRestoresAsync(engine.GetKeyspace("k").Contents());
    }

    [Fact]
    public async Task Two_backups_into_one_directory_exclude_each_other()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.BackupAsync(Backup).Soon();
        using IFileLock? held = RealFileSystem.Instance.TryLock(
            Path.Combine(Backup, FileNames.Lock), LockKind.Exclusive, create: true);
        await Assert.ThrowsAsync<DirectoryLockedException>(
            () => engine.BackupAsync(Backup).Soon());
    }

    [Fact]
    public async Task While_a_backup_is_being_read_nothing_is_removed_from_it()
    {
        await using EmbeddedEngine engine = await FilledAsync();
        await engine.BackupAsync(Backup).Soon();
        List<string> before = Names(Backup);
        using (RealFileSystem.Instance.TryLock(
            Path.Combine(Backup, FileNames.Readers), LockKind.Shared, create: false))
        {
            await FillAsync(engine, 100);
            await engine.BackupAsync(Backup).Soon();
            Assert.Empty(before.Except(Names(Backup)));
        }

        await engine.BackupAsync(Backup).Soon();
        Assert.NotEmpty(before.Except(Names(Backup)));
    }

    private async Task AssertDamagedAsync(string path)
    {
        CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
            () => EmbeddedEngine.RestoreAsync(Backup, Restored).Soon());
        Assert.Equal(path, error.Path);
        Assert.DoesNotContain(Names(Restored), n => n != FileNames.Lock);
    }

    private async Task AssertRestoresAsync(List<(string, string)> expected)
    {
        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using EmbeddedEngine restored = await SmallEngine.OpenAsync(Restored);
        Assert.Equal(expected, restored.GetKeyspace("k").Contents());
    }

    private async Task<EmbeddedEngine> FilledAsync()
    {
        EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        await FillAsync(engine, 200);
        return engine;
    }

    private static async Task FillAsync(EmbeddedEngine engine, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await engine.GetKeyspace("k").PutTextAsync($"{i}", new string('x', 2000));
        }
    }

    private static void Flip(string path, long offset)
    {
        using FileStream file = new(
            path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        file.Position = offset;
        int value = file.ReadByte();
        file.Position = offset;
        file.WriteByte((byte)(value ^ 1));
    }

    private static List<string> Names(string directory) =>
        [.. Directory.GetFiles(directory).Select(f => Path.GetFileName(f)).Order()];

    private sealed class Told(Action tell) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => tell();
    }
}
