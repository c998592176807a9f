using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>
/// Power losses before every change of the disk: what was appended and acknowledged is there, a
/// committed cursor is where it was, and what is behind it comes again.
/// </summary>
public sealed class TopicCrashTests
{
    private const int Steps = 50;
    private const int CrashesEach = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_acknowledged_record_is_lost_and_no_committed_cursor_moves(int seed)
    {
        (int states, List<string> violations) = Run(seed, Durability.PowerLoss);
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(5)));
        Assert.True(states > 100, $"{states} states");
    }

    /// <summary>The test is tested: what is not synced must be seen to be lost.</summary>
    [Fact]
    public void Commits_that_are_not_synced_are_caught()
    {
        List<string> violations = [.. Enumerable.Range(1, 3)
            .SelectMany(seed => Run(seed, Durability.ProcessCrash).Violations)];
        Assert.Contains(violations, v => v.Contains("is lost to", StringComparison.Ordinal));
        Assert.Contains(violations, v => v.Contains("the cursor of", StringComparison.Ordinal));
    }

    private static (int States, List<string> Violations) Run(int seed, Durability commits)
    {
        SimulatedDisk disk = new(seed);
        EmbeddedEngine engine = disk.OpenEngine("/store");
        TopicJournal journal = new();
        List<string> violations = [];
        int states = 0;
        disk.BeforeChange = operation =>
        {
            for (int crash = 0; crash < CrashesEach; crash++)
            {
                SimulatedDisk crashed = disk.Crash(crash);
                TopicContents? found = null;
                EmbeddedEngine recovered = crashed.OpenEngine("/store");
                crashed.Run(async () => found = await TopicWorkload.ContentsAsync(recovered));
                states++;
                if (journal.Violation(found!) is { } violation)
                {
                    violations.Add($"seed {seed}, operation {operation}, crash {crash}: {violation}");
                }
            }
        };
        disk.Run(() => new TopicWorkload(engine, journal, seed, commits).RunAsync(Steps));
        return (states, violations);
    }
}
