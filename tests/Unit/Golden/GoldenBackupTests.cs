using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Golden;

/// <summary>
/// Backups, of a log (store kind 4) and of an engine (kind 3), as they were written first. They never change: what
/// cannot restore one of them has broken the format.
/// </summary>
public sealed class GoldenBackupTests : IDisposable
{
    private const string OfLog = "kind4-log";
    private const string OfEngine = "kind3-engine";

    private readonly ScratchDirectory _scratch = new();

    private string Backup => _scratch.Sibling("backup");

    private string Restored => _scratch.Sibling("restored");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_golden_backup_of_a_log_is_restored_and_goes_on()
    {
        GoldenDirectory golden = Write(OfLog);
        Assert.Equal("backup of a log", (await LogDirectory.StatAsync(Backup)).Kind);
        await WriteAheadLog.RestoreAsync(Backup, Restored);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(Restored);
        Assert.Equal(golden.FirstSequence, log.FirstSequence);
        LogContents.AssertSame(golden.Records, LogContents.Read(log));
        Assert.Equal(golden.FirstSequence + golden.Records.Count, log.Append([1, 2, 3]));
    }

    [Fact]
    public async Task A_golden_backup_of_a_log_is_sound_and_takes_a_newer_one()
    {
        GoldenDirectory golden = Write(OfLog);
        Assert.True((await LogDirectory.VerifyAsync(Backup)).IsSound);
        await WriteAheadLog.RestoreAsync(Backup, Restored);
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(Restored))
        {
            log.Append([1, 2, 3]);
            await log.BackupAsync(Backup);
        }

        string again = _scratch.Sibling("again");
        await WriteAheadLog.RestoreAsync(Backup, again);
        LogContents.AssertSame([.. golden.Records, [1, 2, 3]], await LogContents.ReadAsync(again));
    }

    [Fact]
    public async Task A_golden_backup_of_an_engine_is_restored_and_goes_on()
    {
        GoldenDirectory golden = Write(OfEngine);
        Assert.Equal("backup of a storage engine", (await LogDirectory.StatAsync(Backup)).Kind);
        Assert.True((await LogDirectory.VerifyAsync(Backup)).IsSound);
        await EmbeddedEngine.RestoreAsync(Backup, Restored);
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(Restored);
        LogContents.AssertSame(golden.Records, GoldenEngineTests.Contents(engine));
        await engine.GetKeyspace("k").PutTextAsync("new", "value");
        Assert.Equal(golden.Records.Count + 1, GoldenEngineTests.Contents(engine).Count);
    }

    /// <summary>
    /// Writes the golden files of the present versions into the directory that LOGENGINE_WRITE_GOLDEN
    /// names; otherwise it is skipped.
    /// </summary>
    [SkippableFact]
    public async Task Golden_backups_are_written_when_asked_for()
    {
        string? target = Environment.GetEnvironmentVariable("LOGENGINE_WRITE_GOLDEN");
        Skip.If(target is null, "LOGENGINE_WRITE_GOLDEN is not set: the files stay as they are");
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(
            _scratch.Sibling("log"),
            SmallLogs.Options() with { SpareSegments = 0, TimeProvider = new ManualTime() }))
        {
            for (int i = 0; i < 18; i++)
            {
                log.Append([.. Enumerable.Repeat((byte)i, 3900)]);
            }

            // The first is complete without the last segment; the second adds that.
            await log.TruncateBeforeAsync(16);
            await log.BackupAsync(Backup);
            log.Append([9, 9, 9]);
            await log.BackupAsync(Backup);
            await File.WriteAllTextAsync(
                Path.Combine(target!, OfLog + ".hex"),
                GoldenDirectory.Describe(Backup, log.FirstSequence, LogContents.Read(log)));
        }

        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(
            _scratch.Sibling("engine"),
            o => o with { SpareSegments = 0, TimeProvider = new ManualTime() });
        for (int i = 0; i < 200; i++)
        {
            await engine.GetKeyspace("k").PutTextAsync(
                $"{i % 9}", new string((char)('a' + (i % 26)), 900));
        }

        await engine.GetKeyspace("large").PutAsync(new byte[] { 1 }, new byte[9000]);
        Assert.True(await engine.CompactAsync() > 0, "nothing was freed");
        await engine.GetKeyspace("k").PutTextAsync("tail", "behind the snapshots");
        string backup = _scratch.Sibling("of-engine");
        await engine.BackupAsync(backup);
        await File.WriteAllTextAsync(
            Path.Combine(target!, OfEngine + ".hex"),
            GoldenDirectory.Describe(backup, 1, GoldenEngineTests.Contents(engine)));
    }

    private GoldenDirectory Write(string name)
    {
        GoldenDirectory golden = GoldenDirectory.Parse(File.ReadAllText(
            Path.Combine(AppContext.BaseDirectory, "Golden", "Backups", name + ".hex")));
        golden.WriteTo(Backup);
        return golden;
    }
}
