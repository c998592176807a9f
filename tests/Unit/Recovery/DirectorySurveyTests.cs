using LogEngine.Format;
using LogEngine.Recovery;
using LogEngine.Storage;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What is in a directory, before anything is judged.</summary>
public sealed class DirectorySurveyTests
{
    private readonly HandmadeStore _store = new();

    [Fact]
    public void Names_are_told_apart()
    {
        SegmentHeader segment = HandmadeStore.Root(3, 1);
        _store.Add(segment);
        string[] others =
        [
            FileNames.Lock, FileNames.Readers, FileNames.ManifestA, FileNames.ManifestB,
            FileNames.IndexSnapshot(9), FileNames.NewTemp(FileNames.ManifestA), "notes.txt",
            "Z.seg",
        ];
        foreach (string name in others)
        {
            _store.Put(name, 0, [1]);
        }

        DirectorySurvey survey = Take();
        Assert.Equal(segment.FileNumber, Assert.Single(survey.Files).FileNumber);
        Assert.Equal([9UL], survey.Snapshots);
        Assert.Equal([others[5]], survey.Temps);
        Assert.Equal(["Z.seg", "notes.txt"], survey.Foreign);
    }

    [Fact]
    public void A_file_is_what_its_first_bytes_say_under_its_own_number()
    {
        SegmentHeader segment = HandmadeStore.Root(3, 1);
        byte[] header = new byte[SegmentHeader.Size];
        segment.Write(header);
        byte[] spare = new byte[SpareHeader.Size];
        SpareHeader.Write(spare, 20, HandmadeStore.StoreId);
        _store.Put(FileNames.Segment(segment.FileNumber), 0, header, 8192);
        _store.Put(FileNames.Segment(20), 0, spare, 4096);
        _store.Put(FileNames.Segment(21), 0, header);
        _store.Put(FileNames.Segment(22), 0, spare);
        header[^1] ^= 1;
        _store.Put(FileNames.Segment(104), 0, []);

        Dictionary<ulong, SurveyedFile> files = Take().Files.ToDictionary(f => f.FileNumber);
        SurveyedFile own = files[segment.FileNumber];
        Assert.Equal((segment, null, null), (own.Header, own.SpareOf, own.InClear));
        Assert.Equal((8192, HandmadeStore.PathOf(segment)), (own.Length, own.Path));
        Assert.Equal(
            (null, HandmadeStore.StoreId, null),
            (files[20].Header, (Guid?)files[20].SpareOf, files[20].InClear));
        foreach (ulong copied in (ulong[])[21, 22, 104])
        {
            SurveyedFile file = files[copied];
            Assert.Equal((null, null, null), (file.Header, file.SpareOf, file.InClear));
        }
    }

    [Fact]
    public void A_damaged_header_still_names_its_store()
    {
        SegmentHeader segment = HandmadeStore.Root(3, 1);
        byte[] header = new byte[SegmentHeader.Size];
        segment.Write(header);
        header[^1] ^= 1;
        _store.Put(FileNames.Segment(segment.FileNumber), 0, header);
        SurveyedFile file = Assert.Single(Take().Files);
        Assert.Equal((null, null), (file.Header, file.SpareOf));
        Assert.Equal(HandmadeStore.StoreId, file.InClear);
    }

    [Fact]
    public void The_next_numbers_are_above_all_that_is_seen()
    {
        Assert.Equal((1UL, 1UL), (Take().NextFileNumber, Take().NextSegmentId));
        _store.Put(FileNames.IndexSnapshot(12), 0, [1]);
        _store.Put(FileNames.IndexSnapshot(5), 0, [1]);
        Assert.Equal((13UL, 1UL), (Take().NextFileNumber, Take().NextSegmentId));
        _store.Add(HandmadeStore.Root(40, 1));
        _store.Add(HandmadeStore.Root(2, 1) with { FileNumber = 300, StoreId = Guid.NewGuid() });
        Assert.Equal((301UL, 41UL), (Take().NextFileNumber, Take().NextSegmentId));
    }

    [Theory]
    [InlineData(2u, 0ul, false, true)]
    [InlineData(1u, 1ul, true, true)]
    [InlineData(1u, 1ul, false, false)]
    public void A_newer_segment_is_refused_by_those_who_must_know_it(
        uint version, ulong readOnlyCompatible, bool forWriting, bool refused)
    {
        byte[] bytes = new byte[FileHeader.Size];
        new FileHeader(FileKind.Segment, SegmentHeader.Size, 8, version, 0, readOnlyCompatible)
            .Write(bytes);
        _store.Put(FileNames.Segment(8), 0, bytes);
        if (!refused)
        {
            Assert.Single(Take(forWriting).Files);
            return;
        }

        IncompatibleFormatException newer =
            Assert.Throws<IncompatibleFormatException>(() => Take(forWriting));
        Assert.Equal(System.IO.Path.Combine(HandmadeStore.Directory, FileNames.Segment(8)), newer.Path);
    }

    [Fact]
    public void A_file_that_goes_meanwhile_is_passed_over_beside_a_writer_only()
    {
        using TempDirectory directory = new();
        File.WriteAllBytes(directory[FileNames.Segment(3)], [1]);
        HookedFileSystem files = new();
        files.Before = (operation, path) =>
        {
            if (operation == "open" && path.EndsWith(".seg", StringComparison.Ordinal))
            {
                File.Delete(path);
            }
        };
        Assert.Throws<StorageIOException>(() => DirectorySurvey.Take(
            files, directory.Path, forWriting: true, mayVanish: false));
        File.WriteAllBytes(directory[FileNames.Segment(3)], [1]);
        Assert.Empty(DirectorySurvey.Take(
            files, directory.Path, forWriting: true, mayVanish: true).Files);
    }

    [Fact]
    public void Of_a_backup_exactly_what_its_manifest_lists_is_looked_at()
    {
        SegmentHeader first = HandmadeStore.Root(1, 1);
        byte[] header = new byte[SegmentHeader.Size];
        first.Write(header);
        ManifestSegment listed = HandmadeStore.Listed(first, 8192, 10);
        Manifest manifest = HandmadeStore.Manifest(listed) with
        {
            Kind = StoreKind.Backup,
            Snapshots = [new(4, 0), new(6, 0)],
        };
        string name = FileNames.BackupSegment(first.SegmentId, first.Salt, 8192);
        CorruptionException missing =
            Assert.Throws<CorruptionException>(() => OfBackup(manifest));
        Assert.Equal(
            (System.IO.Path.Combine(HandmadeStore.Directory, name), -1L),
            (missing.Path, missing.Offset));
        Assert.Empty(OfBackup(manifest, skipMissing: true).Files);

        _store.Put(name, 0, header, 8192);
        _store.Put("other", 0, [1]);
        DirectorySurvey survey = OfBackup(manifest);
        Assert.Equal(first, Assert.Single(survey.Files).Header);
        Assert.Equal([4UL, 6], survey.Snapshots);
        Assert.Empty(survey.Foreign);
        Assert.Contains("lists is missing", missing.Message, StringComparison.Ordinal);

        // A backup is only read: features that writers must know do not matter.
        new FileHeader(
            FileKind.Segment, SegmentHeader.Size, first.FileNumber, ReadOnlyCompatible: 1)
            .Write(header);
        _store.Put(name, 0, header);
        Assert.NotNull(Assert.Single(OfBackup(manifest).Files).Header);

        StorageNotFoundException unfinished = Assert.Throws<StorageNotFoundException>(
            () => OfBackup(manifest with { OpenEpoch = 0 }));
        Assert.Contains("interrupted", unfinished.Message, StringComparison.Ordinal);
    }

    private DirectorySurvey Take(bool forWriting = true) => DirectorySurvey.Take(
        _store.Files, HandmadeStore.Directory, forWriting, mayVanish: false);

    private DirectorySurvey OfBackup(Manifest manifest, bool skipMissing = false) =>
        DirectorySurvey.OfBackup(_store.Files, HandmadeStore.Directory, manifest, skipMissing);
}
