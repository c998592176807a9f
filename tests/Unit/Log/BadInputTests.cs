using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Unit.Log;

public sealed class BadInputTests
{
    [Fact]
    public async Task A_missing_directory_is_created_with_its_parents()
    {
        using ScratchDirectory scratch = new();
        string deep = Path.Combine(scratch.Path, "a", "b");
        await using WriteAheadLog log = await SmallLogs.OpenAsync(deep);
        Assert.Equal(1, log.Append([1]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_created_where_that_is_not_wanted(bool directoryExists)
    {
        using ScratchDirectory scratch = new();
        if (directoryExists)
        {
            Directory.CreateDirectory(scratch.Path);
        }

        StorageNotFoundException error = await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await WriteAheadLog.OpenAsync(
                scratch.Path, SmallLogs.Options() with { CreateIfMissing = false }));
        Assert.Contains(scratch.Path, error.Message, StringComparison.Ordinal);
        Assert.Equal(directoryExists, Directory.Exists(scratch.Path));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_in_place_of_the_directory_is_an_error_with_its_path(bool readOnly)
    {
        using ScratchDirectory scratch = new();
        await File.WriteAllTextAsync(scratch.Path, "not a directory");
        StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
            async () => await WriteAheadLog.OpenAsync(
                scratch.Path, SmallLogs.Options() with { ReadOnly = readOnly }));
        Assert.Contains(scratch.Path, error.Message, StringComparison.Ordinal);
        Assert.Equal("not a directory", await File.ReadAllTextAsync(scratch.Path));
    }

    [SkippableFact]
    public async Task An_unwritable_directory_is_an_error_with_its_path()
    {
        Machine.RequireLinux("/proc is the directory in which not even root may create");
        StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
            async () => await SmallLogs.OpenAsync("/proc/logengine"));
        Assert.Contains("/proc", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_directory_without_a_name_is_refused(string? directory) =>
        await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await WriteAheadLog.OpenAsync(directory!));

    [Fact]
    public async Task Foreign_files_are_named_and_left_alone()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 20, 3000);
        string[] names =
            ["notes.txt", "0000000000000001.SEG", "x.seg", "manifest-c", "a.tmp", "LOCK2"];
        foreach (string name in names)
        {
            await File.WriteAllTextAsync(scratch.File(name), $"mine: {name}");
        }

        Directory.CreateDirectory(scratch.File("00000000000000ff.seg"));
        for (int round = 0; round < 2; round++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
            Assert.Equal(names.Order(), log.Recovery.ForeignFiles.Order());
            SmallLogs.Append(log, 20, 3000);
            await log.TruncateBeforeAsync(log.LastSequence + 1).Soon();
        }

        foreach (string name in names)
        {
            Assert.Equal($"mine: {name}", await File.ReadAllTextAsync(scratch.File(name)));
        }
    }

    [Fact]
    public async Task A_foreign_file_with_a_segments_name_is_left_alone()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 20, 3000);
        byte[] text = Payloads.Of(10_000, 1);
        await File.WriteAllBytesAsync(scratch.File("00000000000000ff.seg"), text);
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path))
        {
            Assert.Equal(["00000000000000ff.seg"], log.Recovery.ForeignFiles);
            SmallLogs.Append(log, 20, 3000);
        }

        Assert.Equal(text, await File.ReadAllBytesAsync(scratch.File("00000000000000ff.seg")));
    }

    [Theory]
    [InlineData(2u, 0ul, 0ul)]
    [InlineData(1u, 0ul, 1ul)]
    [InlineData(1u, 1ul, 0ul)]
    public async Task A_newer_segment_is_refused_for_writing_and_nothing_is_changed(
        uint version, ulong readOnlyCompatible, ulong incompatible)
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 3, 10);
        string file = scratch.SegmentFiles()[0];
        byte[] bytes = await File.ReadAllBytesAsync(file);
        FileHeader.Read(bytes, false, out FileHeader header);
        (header with
        {
            Version = version,
            ReadOnlyCompatible = readOnlyCompatible,
            Incompatible = incompatible,
        }).Write(bytes);
        await File.WriteAllBytesAsync(file, bytes);
        IncompatibleFormatException error = await Assert.ThrowsAsync<IncompatibleFormatException>(
            async () => await SmallLogs.OpenAsync(scratch.Path));
        Assert.Equal(file, error.Path);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));
    }

    [Fact]
    public async Task A_feature_that_readers_may_ignore_does_not_keep_them_out()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await SmallLogs.CreateAsync(scratch.Path, 3, 10);
        string file = scratch.SegmentFiles()[0];
        byte[] bytes = await File.ReadAllBytesAsync(file);
        FileHeader.Read(bytes, false, out FileHeader header);
        (header with { ReadOnlyCompatible = 4 }).Write(bytes);
        await File.WriteAllBytesAsync(file, bytes);
        LogContents.AssertSame(expected, await LogContents.ReadAsync(scratch.Path));
    }

    [Fact]
    public async Task A_store_of_another_kind_is_refused()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 3, 10);
        ManifestStore store = new(RealFileSystem.Instance, scratch.Path);
        Manifest manifest = store.Load(forWriting: true).Newest!;
        store.WriteBoth(manifest with { Kind = StoreKind.Engine });
        await Assert.ThrowsAsync<WrongStoreKindException>(
            async () => await SmallLogs.OpenAsync(scratch.Path));
        await Assert.ThrowsAsync<WrongStoreKindException>(
            async () => await LogContents.ReadAsync(scratch.Path));
    }

    [Fact]
    public async Task Segments_without_any_manifest_are_refused_and_kept()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 3, 10);
        File.Delete(scratch.File("manifest-a"));
        File.Delete(scratch.File("manifest-b"));
        string[] before = scratch.SegmentFiles();
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await SmallLogs.OpenAsync(scratch.Path));
        Assert.Equal(before, scratch.SegmentFiles());
    }

    [Fact]
    public async Task A_missing_segment_in_the_middle_is_corruption()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 80, 3000);
        File.Delete(scratch.SegmentFiles()[1]);
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await SmallLogs.OpenAsync(scratch.Path));
    }

    [Fact]
    public async Task One_damaged_manifest_is_a_warning()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await SmallLogs.CreateAsync(scratch.Path, 3, 10);
        foreach (string name in new[] { "manifest-a", "manifest-b" })
        {
            string copy = scratch.CopyTo($"without-{name}");
            await File.WriteAllBytesAsync(Path.Combine(copy, name), new byte[100]);
            await using WriteAheadLog log = await SmallLogs.OpenAsync(copy);
            Assert.Contains(
                log.Recovery.Warnings, w => w.Contains(name, StringComparison.Ordinal));
            LogContents.AssertSame(expected, LogContents.Read(log));
        }
    }
}
