using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

public sealed class ManifestStoreTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly HookedFileSystem _fs = new();

    private string A => _directory[FileNames.ManifestA];

    private string B => _directory[FileNames.ManifestB];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_empty_directory_has_none()
    {
        ManifestLoad load = Store().Load(forWriting: true);

        Assert.Null(load.Newest);
        Assert.Null(load.Older);
        Assert.Empty(load.Damages);
        Assert.False(load.AnyPresent);
    }

    [Fact]
    public void Generations_go_to_the_two_names_in_turn()
    {
        ManifestStore store = Store();
        for (ulong generation = 1; generation <= 5; generation++)
        {
            Manifest written = store.Write(Sample((long)generation));
            Assert.Equal(generation, written.Generation);

            ManifestLoad load = Store().Load(forWriting: true);
            ManifestTests.Equal(written, load.Newest!);
            Assert.Equal(generation - 1, load.Older?.Generation ?? 0);
        }

        Assert.Equal(["manifest-a", "manifest-b"], _directory.Names());
    }

    [Fact]
    public void A_new_instance_continues_where_the_last_one_stopped()
    {
        Store().Write(Sample(1));
        Store().Write(Sample(2));
        Manifest third = Store().Write(Sample(3));

        Assert.Equal(3UL, third.Generation);
        Assert.Equal(2UL, Store().Load(forWriting: true).Older!.Generation);
    }

    [Fact]
    public void Writing_both_leaves_no_file_with_older_content()
    {
        ManifestStore store = Store();
        store.Write(Sample(1));
        store.Write(Sample(2));

        Manifest written = store.WriteBoth(Sample(3));

        ManifestLoad load = Store().Load(forWriting: true);
        Assert.Equal(4UL, written.Generation);
        ManifestTests.Equal(written, load.Newest!);
        ManifestTests.Equal(written with { Generation = 3 }, load.Older!);
    }

    [Fact]
    public void The_snapshot_file_carries_the_last_durable_sequence()
    {
        Store().Write(Sample(41));

        SnapshotContent content = SnapshotFileCore.Load(_fs, A, forWriting: true);

        Assert.Equal((40L, ManifestCodec.Version), (content.LogSequence, content.ContentVersion));
    }

    [Fact]
    public void A_damaged_newest_falls_back_to_the_older_and_is_the_one_overwritten()
    {
        ManifestStore store = Store();
        store.Write(Sample(1));
        store.Write(Sample(2));
        Damage(B);

        ManifestStore again = Store();
        ManifestLoad load = again.Load(forWriting: true);
        Assert.Equal(1UL, load.Newest!.Generation);
        Assert.Null(load.Older);
        Assert.True(load.AnyPresent);
        Assert.Contains("manifest-b", Assert.Single(load.Damages), StringComparison.Ordinal);

        byte[] kept = File.ReadAllBytes(A);
        Assert.Equal(2UL, again.Write(Sample(3)).Generation);
        Assert.Equal(kept, File.ReadAllBytes(A));
        Assert.Empty(Store().Load(forWriting: true).Damages);
    }

    [Fact]
    public void Two_damaged_files_are_present_but_say_nothing()
    {
        ManifestStore store = Store();
        store.WriteBoth(Sample(1));
        Damage(A);
        File.WriteAllBytes(B, []);

        ManifestLoad load = Store().Load(forWriting: true);

        Assert.Null(load.Newest);
        Assert.True(load.AnyPresent);
        Assert.Equal(2, load.Damages.Count);
    }

    [Fact]
    public void One_name_alone_is_enough()
    {
        Store().WriteBoth(Sample(1));
        File.Delete(A);

        ManifestLoad load = Store().Load(forWriting: true);

        Assert.Equal(2UL, load.Newest!.Generation);
        Assert.Null(load.Older);
        Assert.Empty(load.Damages);
    }

    [Fact]
    public void A_newer_content_version_is_incompatible_and_not_damage()
    {
        Store().Write(Sample(1));
        SnapshotFileCore.Save(_fs, B, [1, 2, 3], 0, ManifestCodec.Version + 1);

        Assert.Throws<IncompatibleFormatException>(() => Store().Load(forWriting: true));
    }

    [Fact]
    public void A_read_error_is_reported_and_not_taken_for_damage()
    {
        Store().Write(Sample(1));
        _fs.FailOn = "read";

        Assert.Throws<StorageIOException>(() => Store().Load(forWriting: true));
    }

    [Theory]
    [InlineData("write")]
    [InlineData("sync")]
    [InlineData("rename")]
    public void A_failed_write_keeps_both_files_and_the_next_one_takes_its_generation(string step)
    {
        ManifestStore store = Store();
        store.Write(Sample(1));
        store.Write(Sample(2));
        (byte[] a, byte[] b) = (File.ReadAllBytes(A), File.ReadAllBytes(B));
        _fs.FailOn = step;
        Assert.Throws<StorageIOException>(() => store.Write(Sample(3)));
        Assert.Equal(a, File.ReadAllBytes(A));
        Assert.Equal(b, File.ReadAllBytes(B));
        _fs.FailOn = null;

        Assert.Equal(3UL, store.Write(Sample(4)).Generation);

        Assert.Equal(b, File.ReadAllBytes(B));
        Assert.Equal(4, Store().Load(forWriting: true).Newest!.NextSequence);
    }

    [Fact]
    public void The_newest_is_never_the_file_that_is_written()
    {
        ManifestStore store = Store();
        store.Write(Sample(1));
        _fs.Before = (operation, path) =>
        {
            if (operation == "rename")
            {
                ManifestLoad now = new ManifestStore(RealFileSystem.Instance, _directory.Path)
                    .Load(forWriting: false);
                string newest = now.Newest!.Generation % 2 == 1 ? A : B;
                Assert.NotEqual(newest, path);
            }
        };

        for (int i = 2; i < 8; i++)
        {
            store.Write(Sample(i));
        }
    }

    [Fact]
    public void Loading_changes_nothing_and_the_first_write_sweeps_stale_temporaries()
    {
        string stale = FileNames.NewTemp(A);
        File.WriteAllText(stale, "stale");
        ManifestStore store = Store();
        store.Load(forWriting: true);
        Assert.True(File.Exists(stale));

        store.Write(Sample(1));

        Assert.Equal(["manifest-a"], _directory.Names());
    }

    private static void Damage(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private static Manifest Sample(long nextSequence) =>
        ManifestTests.Sample(2) with { NextSequence = nextSequence, LowWaterSequence = 1 };

    private ManifestStore Store() => new(_fs, _directory.Path);
}
