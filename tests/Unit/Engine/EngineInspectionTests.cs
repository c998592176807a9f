using LogEngine.Unit.Inspection;

namespace LogEngine.Unit.Engine;

public sealed class EngineInspectionTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Stat_says_what_it_is_and_lists_the_snapshots()
    {
        await CreateWithGapsAsync();
        DirectoryStat stat = await LogDirectory.StatAsync(_scratch.Path);
        Assert.Equal("storage engine", stat.Kind);
        Assert.Equal(2, stat.Snapshots.Count);
        Assert.All(stat.Snapshots, s => Assert.InRange(s.Sequence, 1, stat.LastSequence));
        Assert.True(HasGap(stat.Segments));
        Assert.Equal(stat.Segments.Sum(s => s.Records), stat.Records);
        Assert.Empty(stat.Findings);
        Assert.Empty(stat.ForeignFiles);
        Assert.Equal(InspectedTail.Sealed, stat.Tail);
    }

    [Fact]
    public async Task Verify_accepts_the_gaps_that_freeing_leaves_and_reads_the_snapshots()
    {
        await CreateWithGapsAsync();
        VerifyReport report = await LogDirectory.VerifyAsync(_scratch.Path);
        Assert.Empty(report.Findings);
        Assert.True(report.BytesVerified > Snapshots().Sum(s => new FileInfo(s).Length));
    }

    [Fact]
    public async Task Verify_beside_a_writer_that_compacts_is_sound()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        for (int i = 0; i < 5; i++)
        {
            await ChurnAsync(engine, 100);
            await engine.CompactAsync().Soon();
            Assert.True((await LogDirectory.VerifyAsync(_scratch.Path)).IsSound);
        }
    }

    [Fact]
    public async Task Verify_finds_a_missing_segment_that_the_manifest_lists()
    {
        await CreateWithGapsAsync();
        DirectoryStat stat = await LogDirectory.StatAsync(_scratch.Path);
        File.Delete(_scratch.File(stat.Segments[0].File));
        VerifyReport report = await LogDirectory.VerifyAsync(_scratch.Path);
        Assert.Contains(report.Findings, f =>
            f.Severity == FindingSeverity.Corruption
            && f.Path.EndsWith(stat.Segments[0].File, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_finds_a_damaged_and_a_missing_snapshot()
    {
        await CreateWithGapsAsync();
        string[] snapshots = Snapshots();
        Layout.Flip(snapshots[0], 200);
        File.Delete(snapshots[1]);
        VerifyReport report = await LogDirectory.VerifyAsync(_scratch.Path);
        Assert.Contains(report.Findings, f => f.Path == snapshots[0]);
        Assert.Contains(report.Findings, f => f.Path == snapshots[1]);
        Assert.Contains(
            report.Findings,
            f => f.Reason.Contains("opening refuses", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_gap_that_no_snapshot_explains_is_damage()
    {
        await CreateWithGapsAsync();
        foreach (string snapshot in Snapshots())
        {
            Layout.Flip(snapshot, 200);
        }

        VerifyReport report = await LogDirectory.VerifyAsync(_scratch.Path);
        Assert.Contains(
            report.Findings, f => f.Reason.Contains("are missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_backup_is_described_and_verified()
    {
        string backup = _scratch.Sibling("backup");
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            await ChurnAsync(engine, 200);
            await engine.CompactAsync().Soon();
            await ChurnAsync(engine, 100);
            await engine.BackupAsync(backup).Soon();
        }

        DirectoryStat stat = await LogDirectory.StatAsync(backup);
        Assert.Equal("backup of a storage engine", stat.Kind);
        Assert.Equal(2, stat.Snapshots.Count);
        Assert.Empty(stat.Findings);
        VerifyReport report = await LogDirectory.VerifyAsync(backup);
        Assert.True(report.IsSound, string.Join('\n', report.Findings));
        Assert.Equal(stat.LastSequence, report.LastSequence);

        string segment = Path.Combine(backup, stat.Segments[0].File);
        Layout.Flip(segment, 4300);
        Assert.False((await LogDirectory.VerifyAsync(backup)).IsSound);
        File.Delete(segment);
        VerifyReport missing = await LogDirectory.VerifyAsync(backup);
        Assert.Contains(missing.Findings, f => f.Path == segment);
    }

    [Fact]
    public async Task Dump_prints_operations()
    {
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(
            _scratch.Path, o => o with { SegmentSizeBytes = 1 << 20 }))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("users");
            await keyspace.PutTextAsync("ada", "lovelace");
            await keyspace.TouchAsync(
                SmallEngine.Bytes("ada"), new DateTimeOffset(9000, 1, 2, 3, 4, 5, TimeSpan.Zero)).Soon();
            await keyspace.TouchAsync(SmallEngine.Bytes("ada"), null).Soon();
            WriteBatch batch = engine.CreateBatch();
            batch.Touch(keyspace, "nobody"u8, null);
            await engine.CommitAsync(batch).Soon();
            await keyspace.PutAsync(new byte[] { 1, 2 }, new byte[5000]).Soon();
            await keyspace.DeleteAsync(SmallEngine.Bytes("ada")).Soon();
            await keyspace.DeleteRangeAsync(SmallEngine.Bytes("a"), SmallEngine.Bytes("z")).Soon();
            await engine.DropKeyspaceAsync("users").Soon();
        }

        List<string> lines = [];
        await foreach (string line in LogDirectory.DumpAsync(
            _scratch.Path, Path.GetFileName(_scratch.SegmentFiles()[0])))
        {
            lines.Add(line);
        }

        Has("create keyspace 1 \"users\"");
        Has("put keyspace 1 \"ada\": 8 bytes \"lovelace\"");
        Has("touch keyspace 1 \"ada\" version 2, expires 9000-01-02T03:04:05.0000000Z");
        Has("touch keyspace 1 \"ada\" version 2, never expires");
        Has("touch keyspace 1 \"nobody\": it is absent");
        Has("put keyspace 1 0102: in chunks, set 1");
        Has("delete keyspace 1 \"ada\"");
        Has("delete range keyspace 1 \"a\" to \"z\"");
        Has("drop keyspace 1");

        void Has(string text) => Assert.Contains(
            lines, line => line.EndsWith(text, StringComparison.Ordinal));
    }

    /// <summary>An engine whose first segments are live and some behind them are freed.</summary>
    private async Task CreateWithGapsAsync()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(
            _scratch.Path,
            options => options with
            {
                CompactionThreshold = 0.05,
                SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
            });
        EmbeddedKeyspace still = engine.GetKeyspace("still");
        for (int i = 0; i < 10; i++)
        {
            // Groups that are full: nothing to gain by moving them.
            WriteBatch batch = engine.CreateBatch();
            for (int k = 0; k < 15; k++)
            {
                batch.Put(still, SmallEngine.Bytes($"{i}-{k}"), new byte[1000]);
            }

            await engine.CommitAsync(batch).Soon();
        }

        for (int i = 0; i < 200; i++)
        {
            await ChurnAsync(engine, 20);
            if (HasGap((await LogDirectory.StatAsync(_scratch.Path)).Segments))
            {
                return;
            }
        }

        Assert.Fail("nothing was freed between live segments");
    }

    private static async Task ChurnAsync(EmbeddedEngine engine, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await engine.GetKeyspace("k").PutTextAsync($"{i % 7}", new string('x', 900));
        }
    }

    private static bool HasGap(IReadOnlyList<SegmentStat> segments) => segments
        .Zip(segments.Skip(1), (a, b) => b.FirstSequence > a.LastSequence + 1).Any(gap => gap);

    private string[] Snapshots() =>
        [.. Directory.GetFiles(_scratch.Path, "*.snap").Order(StringComparer.Ordinal)];
}
