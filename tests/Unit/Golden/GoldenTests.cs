namespace LogEngine.Unit.Golden;

/// <summary>
/// Directories written by released format versions. They never change: a version that cannot read
/// one of them has broken the format.
/// </summary>
public sealed class GoldenTests
{
    public static TheoryData<string> Files => new(Names);

    private static IEnumerable<string> Names => Directory
        .GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.hex")
        .Select(path => Path.GetFileNameWithoutExtension(path))
        .Order(StringComparer.Ordinal);

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_golden_log_reads_back(string name)
    {
        using ScratchDirectory scratch = new();
        GoldenDirectory golden = Open(name, scratch);
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            scratch.Path, new WriteAheadLogOptions { ReadOnly = true });
        Assert.Equal(golden.FirstSequence, log.FirstSequence);
        LogContents.AssertSame(golden.Records, LogContents.Read(log));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_golden_log_can_be_written_on(string name)
    {
        using ScratchDirectory scratch = new();
        GoldenDirectory golden = Open(name, scratch);
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path))
        {
            LogContents.AssertSame(golden.Records, LogContents.Read(log));
            Assert.Equal(golden.FirstSequence + golden.Records.Count, log.Append([1, 2, 3]));
        }

        LogContents.AssertSame(
            [.. golden.Records, [1, 2, 3]], await LogContents.ReadAsync(scratch.Path));
    }

    [Fact]
    public void There_are_golden_logs_of_version_one() =>
        Assert.Contains(Names, name => name.StartsWith("v1-", StringComparison.Ordinal));

    /// <summary>
    /// Writes the golden files of the present version into the directory that
    /// LOGENGINE_WRITE_GOLDEN names; otherwise it is skipped.
    /// </summary>
    [SkippableFact]
    public async Task Golden_logs_are_written_when_asked_for()
    {
        string? target = Environment.GetEnvironmentVariable("LOGENGINE_WRITE_GOLDEN");
        Skip.If(target is null, "LOGENGINE_WRITE_GOLDEN is not set: the files stay as they are");
        using ScratchDirectory scratch = new();
        await WriteAsync(target!, "closed", scratch, scratch.Path);
        await using WriteAheadLog log = await OpenAsync(scratch.Path);
        for (int i = 0; i < 18; i++)
        {
            log.Append([.. Enumerable.Repeat((byte)i, 3900)]);
        }

        await log.TruncateBeforeAsync(16);
        log.Append([9, 9, 9]);
        await WriteAsync(target!, "killed", scratch, scratch.CopyTo("killed"));
    }

    private static async Task WriteAsync(
        string target, string name, ScratchDirectory scratch, string directory)
    {
        if (!Directory.Exists(directory))
        {
            await using WriteAheadLog log = await OpenAsync(scratch.Path);
            LogBatch batch = new();
            batch.Add([]);
            batch.Add(Payloads.Of(9, 1));
            batch.Add(Payloads.Of(100, 2));
            log.Append(Payloads.Of(8, 3));
            await log.AppendBatchAsync(batch);
            log.Append(Payloads.Of(1, 4));
        }

        await using WriteAheadLog written = await WriteAheadLog.OpenAsync(
            directory, new WriteAheadLogOptions { ReadOnly = true });
        await File.WriteAllTextAsync(
            Path.Combine(target, $"v1-{name}.hex"),
            GoldenDirectory.Describe(
                directory, written.FirstSequence, LogContents.Read(written)));
    }

    /// <summary>Without spares, so that the directory is small.</summary>
    private static ValueTask<WriteAheadLog> OpenAsync(string directory) =>
        WriteAheadLog.OpenAsync(directory, SmallLogs.Options() with
        {
            SpareSegments = 0,
            TimeProvider = new ManualTime(),
        });

    private static GoldenDirectory Open(string name, ScratchDirectory scratch)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Golden", name + ".hex");
        GoldenDirectory golden = GoldenDirectory.Parse(File.ReadAllText(path));
        golden.WriteTo(scratch.Path);
        return golden;
    }
}
