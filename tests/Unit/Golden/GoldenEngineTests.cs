using System.Text;
using LogEngine.Storage;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Golden;

/// <summary>
/// Directories of engines, with snapshots, freed segments and large values, by the versions of what
/// is in them. They never change: what cannot read one of them has broken the format.
/// </summary>
public sealed class GoldenEngineTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden", "Engines");

    public static TheoryData<string> Files => new(Directory
        .GetFiles(Folder, "*.hex")
        .Select(path => Path.GetFileNameWithoutExtension(path))
        .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_golden_engine_reads_back(string name)
    {
        using ScratchDirectory scratch = new();
        GoldenDirectory golden = Open(name, scratch);
        await using EmbeddedEngine engine =
            await SmallEngine.OpenAsync(scratch.Path, o => o with { ReadOnly = true });
        Assert.Empty(engine.Recovery.SkippedSnapshots);
        Assert.True(engine.Recovery.SnapshotSequence > 0);
        LogContents.AssertSame(golden.Records, Contents(engine));
        Assert.True((await LogDirectory.VerifyAsync(scratch.Path)).IsSound);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_golden_engine_can_be_written_on(string name)
    {
        using ScratchDirectory scratch = new();
        GoldenDirectory golden = Open(name, scratch);
        List<byte[]> expected;
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            LogContents.AssertSame(golden.Records, Contents(engine));
            await engine.GetKeyspace("k").PutTextAsync("new", "value");
            await engine.SnapshotAsync();
            await engine.SnapshotAsync();
            await engine.CompactAsync();
            expected = Contents(engine);
            Assert.Equal(golden.Records.Count + 1, expected.Count);
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        Assert.Empty(again.Recovery.SkippedSnapshots);
        LogContents.AssertSame(expected, Contents(again));
    }

    /// <summary>The file with a touch behind the snapshots; it is no part of the others' contents.</summary>
    [Fact]
    public async Task A_golden_touch_reads_back()
    {
        using ScratchDirectory scratch = new();
        Open("manifest2-touch", scratch);
        await using EmbeddedEngine engine =
            await SmallEngine.OpenAsync(scratch.Path, o => o with { ReadOnly = true });
        Assert.True(engine.GetKeyspace("k").TryGetInfo("tail"u8, out ValueInfo info));
        Assert.Equal(Touched, info.ExpiresAt);
        Assert.Equal(engine.VisibleSequence - 1, info.Version);
    }

    /// <summary>
    /// Builds that know version 1 of the manifest alone must meet a newer one before they meet a touch: it
    /// is there as soon as the directory is open for writing.
    /// </summary>
    [Fact]
    public async Task A_directory_of_version_1_is_newer_once_it_is_open_for_writing()
    {
        using ScratchDirectory scratch = new();
        Open("manifest1-snapshot1", scratch);
        Assert.Equal([1u, 1u], Versions(scratch));
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path);
        Assert.Contains(2u, Versions(scratch));
    }

    private static uint[] Versions(ScratchDirectory scratch) =>
    [
        .. new[] { FileNames.ManifestA, FileNames.ManifestB }.Select(name => SnapshotFileCore
            .Load(RealFileSystem.Instance, scratch.File(name), forWriting: false).ContentVersion),
    ];

    private static DateTimeOffset Touched { get; } = new(9000, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>
    /// Writes the golden file of the present versions into the directory that LOGENGINE_WRITE_GOLDEN
    /// names; otherwise it is skipped.
    /// </summary>
    [SkippableFact]
    public async Task A_golden_engine_is_written_when_asked_for()
    {
        string? target = Environment.GetEnvironmentVariable("LOGENGINE_WRITE_GOLDEN");
        Skip.If(target is null, "LOGENGINE_WRITE_GOLDEN is not set: the files stay as they are");
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(
            scratch.Path,
            o => o with { SpareSegments = 0, TimeProvider = new ManualTime() });
        for (int i = 0; i < 200; i++)
        {
            await engine.GetKeyspace("k").PutTextAsync(
                $"{i % 9}", new string((char)('a' + (i % 26)), 900));
        }

        await engine.GetKeyspace("large").PutAsync(new byte[] { 1 }, new byte[9000]);
        Assert.True(await engine.CompactAsync() > 0, "nothing was freed");
        await engine.GetKeyspace("k").PutTextAsync(
            "tail", "behind the snapshots", Durability.PowerLoss);
        await engine.GetKeyspace("k").TouchAsync("tail"u8.ToArray(), Touched);
        string killed = scratch.CopyTo("killed");
        await File.WriteAllTextAsync(
            Path.Combine(target!, "engine-new.hex"),
            GoldenDirectory.Describe(killed, 1, Contents(engine)));
    }

    /// <summary>Keyspace, key and value of everything, in order.</summary>
    internal static List<byte[]> Contents(EmbeddedEngine engine)
    {
        List<byte[]> contents = [];
        foreach (string name in engine.ListKeyspaces().Order(StringComparer.Ordinal))
        {
            using EmbeddedKeyScan scan = engine.GetKeyspace(name).Scan();
            while (scan.MoveNext())
            {
                contents.Add([.. Encoding.UTF8.GetBytes(name), 0, .. scan.Key, 0, .. scan.Value]);
            }
        }

        return contents;
    }

    private static GoldenDirectory Open(string name, ScratchDirectory scratch)
    {
        GoldenDirectory golden = GoldenDirectory.Parse(
            File.ReadAllText(Path.Combine(Folder, name + ".hex")));
        golden.WriteTo(scratch.Path);
        return golden;
    }
}
