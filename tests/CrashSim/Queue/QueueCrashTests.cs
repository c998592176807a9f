using LogEngine.Testing;

namespace LogEngine.CrashSim.Queue;

/// <summary>
/// Power losses before every change of the disk: what was enqueued is there once, what was
/// acknowledged never comes again.
/// </summary>
public sealed class QueueCrashTests
{
    private const int Steps = 60;
    private const int CrashesEach = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_acknowledged_enqueue_is_lost_and_no_acknowledged_message_comes_back(int seed)
    {
        (int states, List<string> violations) = Run(seed, Durability.PowerLoss);
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(5)));
        Assert.True(states > 100, $"{states} states");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Of_a_group_nothing_comes_back_once_a_later_one_was_handed_out(int seed)
    {
        (int states, List<string> violations) = GroupWorkload.Run(seed);
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(5)));
        Assert.True(states > 100, $"{states} states");
    }

    /// <summary>
    /// From its second delivery on, a message that was there before the opening is counted before it is
    /// handed out; so one that ends its process each time reaches the dead letters.
    /// </summary>
    [Fact]
    public void A_message_that_ends_its_process_each_time_dies()
    {
        IEnumerable<string?> violations = Enumerable.Range(1, 40).Select(PoisonMessage.Run);
        Assert.All(violations, Assert.Null);
    }

    /// <summary>The test is tested: acknowledgements that are not durable must be seen to come back.</summary>
    [Fact]
    public void Acknowledgements_that_are_not_synced_are_caught()
    {
        IEnumerable<string> violations = Enumerable.Range(1, 6)
            .SelectMany(seed => Run(seed, Durability.ProcessCrash).Violations);
        Assert.Contains(
            violations, text => text.Contains("is back", StringComparison.Ordinal)
                || text.Contains("is lost", StringComparison.Ordinal));
    }

    private static (int States, List<string> Violations) Run(int seed, Durability acknowledgements)
    {
        SimulatedDisk disk = new(seed);
        EmbeddedEngine engine = disk.OpenEngine("/store");
        QueueJournal journal = new();
        List<string> violations = [];
        int states = 0;
        disk.BeforeChange = operation =>
        {
            for (int crash = 0; crash < CrashesEach; crash++)
            {
                SimulatedDisk crashed = disk.Crash(crash);
                List<string> found = [];
                crashed.Advance(TimeSpan.FromDays(1));
                EmbeddedEngine recovered = crashed.OpenEngine("/store");
                crashed.Run(async () => found = await QueueWorkload.ContentsAsync(recovered));
                states++;
                if (journal.Violation(found) is { } violation)
                {
                    violations.Add($"seed {seed}, operation {operation}, crash {crash}: {violation}");
                }
            }
        };
        disk.Run(() => new QueueWorkload(engine, journal, seed, acknowledgements).RunAsync(Steps));
        return (states, violations);
    }
}
