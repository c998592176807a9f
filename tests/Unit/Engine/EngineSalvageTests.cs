using LogEngine.Unit.Inspection;

namespace LogEngine.Unit.Engine;

public sealed class EngineSalvageTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly Dictionary<string, List<(string Key, string Value)>> _expected = [];

    private string Target => _scratch.Sibling("salvaged");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_sound_engine_is_copied_whole()
    {
        await CreateAsync();
        SalvageReport report = await SalvageAsync();
        Assert.Empty(report.Gaps);
        Assert.Empty(report.LostValues);
        Assert.Equal(_expected.Sum(k => k.Value.Count), report.Records);
        await AssertTargetAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_value_is_named_and_the_others_are_copied(bool alsoSnapshots)
    {
        // Without a freed segment: the log alone gives everything as well.
        await CreateAsync(compact: false);
        if (alsoSnapshots)
        {
            DamageSnapshots();
        }

        string key = "still50";
        DamageValue(_expected["k"].Single(p => p.Key == key).Value);
        SalvageReport report = await SalvageAsync();
        if (alsoSnapshots)
        {
            // Nothing says what the damaged record was.
            SalvageGap gap = Assert.Single(report.Gaps);
            Assert.Equal(gap.FirstSequence, gap.LastSequence);
        }
        else
        {
            LostValue lost = Assert.Single(report.LostValues);
            Assert.Equal(("k", key), (lost.Keyspace, Text(lost.Key)));
        }

        _expected["k"].RemoveAll(p => p.Key == key);
        await AssertTargetAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_touch_is_salvaged_with_its_value_and_not_without(bool lost)
    {
        DateTimeOffset touched = ManualTime.Epoch.AddYears(500);
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            await keyspace.PutTextAsync("other", "value");
            await keyspace.PutTextAsync("touched", "of the touched key");
            Assert.True(await keyspace.TouchAsync(SmallEngine.Bytes("touched"), touched).Soon());
        }

        DamageSnapshots();
        if (lost)
        {
            DamageValue("of the touched key");
        }

        await SalvageAsync();
        await using EmbeddedEngine salvaged = await SmallEngine.OpenAsync(Target);
        EmbeddedKeyspace found = salvaged.GetKeyspace("k");
        Assert.Equal(!lost, found.TryGetInfo("touched"u8, out ValueInfo info));
        Assert.Equal(lost ? null : touched, info.ExpiresAt);
        Assert.True(found.TryGetInfo("other"u8, out _));
    }

    [Fact]
    public async Task Without_any_manifest_everything_is_there()
    {
        await CreateAsync();
        File.Delete(_scratch.File("manifest-a"));
        File.Delete(_scratch.File("manifest-b"));
        SalvageReport report = await SalvageAsync();
        Assert.Empty(report.LostValues);
        await AssertTargetAsync();
    }

    [Fact]
    public async Task Without_manifest_and_snapshots_a_small_engine_is_still_known_as_one()
    {
        await CreateAsync(compact: false);
        File.Delete(_scratch.File("manifest-a"));
        File.Delete(_scratch.File("manifest-b"));
        Directory.GetFiles(_scratch.Path, "*.snap").ToList().ForEach(File.Delete);
        await SalvageAsync();
        await AssertTargetAsync();
    }

    [Fact]
    public async Task Without_a_snapshot_moved_values_and_nameless_keyspaces_are_found()
    {
        await CreateAsync();
        DamageSnapshots();
        SalvageReport report = await SalvageAsync();

        // The segment with the names was freed, and so were those of overwritten values.
        Assert.NotEmpty(report.Gaps);
        Assert.Contains(
            report.Findings, f => f.Reason.Contains("name of keyspace", StringComparison.Ordinal));
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(Target);
        List<(string Key, string Value)> found =
        [
            .. engine.ListKeyspaces().SelectMany(n => engine.GetKeyspace(n).Contents()),
        ];
        List<string> values = [.. found.Select(p => p.Value)];
        Assert.Empty(_expected.Values.SelectMany(v => v).Select(p => p.Value).Except(values));
        Assert.Equal(
            new string('l', 40_000),
            Assert.Single(engine.GetKeyspace("salvaged-values").Contents()).Value);
    }

    [Fact]
    public async Task Of_a_missing_segment_every_value_is_named()
    {
        await CreateAsync();
        DirectoryStat stat = await LogDirectory.StatAsync(_scratch.Path);
        File.Delete(_scratch.File(stat.Segments[0].File));
        SalvageReport report = await SalvageAsync();
        Assert.NotEmpty(report.LostValues);
        HashSet<(string, string)> lost =
            [.. report.LostValues.Select(v => (v.Keyspace, Text(v.Key)))];
        foreach ((string name, List<(string Key, string Value)> values) in _expected)
        {
            values.RemoveAll(p => lost.Contains((name, p.Key)));
        }

        await AssertTargetAsync();
    }

    [Fact]
    public async Task What_is_deleted_does_not_come_back_from_freed_segments()
    {
        await CreateAsync();

        // Freed files that a crash left behind, and a chain that no opening accepts.
        File.Delete(_scratch.File("manifest-a"));
        DirectoryStat stat = await LogDirectory.StatAsync(_scratch.Path);
        File.Delete(_scratch.File(stat.Segments[^1].File));
        SalvageReport report = await SalvageAsync();
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(Target);
        Assert.DoesNotContain(
            engine.GetKeyspace("k").Contents(),
            p => p.Key.StartsWith("deleted", StringComparison.Ordinal));
        Assert.NotNull(report);
    }

    [Fact]
    public async Task A_backup_can_be_salvaged()
    {
        string backup = _scratch.Sibling("backup");
        await CreateAsync();
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            await engine.BackupAsync(backup).Soon();
        }

        DirectoryStat stat = await LogDirectory.StatAsync(backup);
        File.Delete(Path.Combine(backup, stat.Segments[0].File));
        SalvageReport report = await LogDirectory.SalvageAsync(backup, Target);
        Assert.NotEmpty(report.LostValues);
        Assert.Equal(
            _expected.Sum(k => k.Value.Count), report.Records + report.LostValues.Count);
    }

    private async Task CreateAsync(bool compact = true)
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        EmbeddedKeyspace other = engine.GetKeyspace("other");
        for (int i = 0; i < 100; i++)
        {
            await keyspace.PutTextAsync($"deleted{i}", new string('d', 1000));
            await keyspace.PutTextAsync($"still{i}", $"value of {i} {new string('s', 500)}");
        }

        await other.PutTextAsync("large", new string('l', 40_000));
        for (int i = 0; i < 100; i++)
        {
            await keyspace.DeleteAsync(
                SmallEngine.Bytes($"deleted{i}"), Durability.ProcessCrash).Soon();
            await other.PutTextAsync($"{i % 5}", $"{i} {new string('o', 1000)}");
        }

        if (compact)
        {
            Assert.True(await engine.CompactAsync().Soon() > 0);
        }
        else
        {
            await engine.SnapshotAsync().Soon();
        }

        for (int i = 0; i < 10; i++)
        {
            await keyspace.PutTextAsync($"tail{i}", $"tail {i}");
        }

        foreach (string name in engine.ListKeyspaces())
        {
            _expected[name] = engine.GetKeyspace(name).Contents();
        }
    }

    /// <summary>Salvages, and checks that the source is as it was.</summary>
    private async Task<SalvageReport> SalvageAsync()
    {
        Dictionary<string, byte[]> before = Files();
        SalvageReport report = await LogDirectory.SalvageAsync(_scratch.Path, Target);
        Assert.Equal(before, Files());
        return report;
    }

    private Dictionary<string, byte[]> Files() =>
        Directory.GetFiles(_scratch.Path).ToDictionary(f => f, File.ReadAllBytes);

    private async Task AssertTargetAsync()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(Target);
        Assert.Equal(_expected.Keys.Order(StringComparer.Ordinal), engine.ListKeyspaces());
        foreach ((string name, List<(string, string)> values) in _expected)
        {
            Assert.Equal(values, engine.GetKeyspace(name).Contents());
        }
    }

    private void DamageSnapshots()
    {
        foreach (string snapshot in Directory.GetFiles(_scratch.Path, "*.snap"))
        {
            Layout.Flip(snapshot, 200);
        }
    }

    /// <summary>Flips a bit of the value, wherever it stands.</summary>
    private void DamageValue(string value)
    {
        byte[] wanted = SmallEngine.Bytes(value);
        foreach (string file in _scratch.SegmentFiles())
        {
            int at = File.ReadAllBytes(file).AsSpan().IndexOf(wanted);
            if (at >= 0)
            {
                Layout.Flip(file, at + 3);
            }
        }
    }

    private static string Text(ReadOnlyMemory<byte> key) =>
        System.Text.Encoding.UTF8.GetString(key.Span);
}
