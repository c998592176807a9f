using System.Globalization;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Processes;

/// <summary>Rows 25, 28, 29: kill -9 of a writer at seeded moments, again and again.</summary>
public sealed class KillTests
{
    private const int Rounds = 25;

    /// <summary>Other moments with LOGENGINE_SEED set to a number.</summary>
    private static readonly int ExtraSeed = int.Parse(
        Environment.GetEnvironmentVariable("LOGENGINE_SEED") ?? "0", CultureInfo.InvariantCulture);

    [SkippableTheory]
    [InlineData(IoMode.Direct, 1)]
    [InlineData(IoMode.Buffered, 2)]
    public async Task Everything_acknowledged_survives_kills_of_the_writer(IoMode mode, int seed)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        Random random = new(seed + ExtraSeed);
        Journal journal = new();
        int acknowledged = 0;
        int rounds = 0;
        foreach (int round in SuiteShare.Processes.Rounds($"kills of a {mode} writer", Rounds, least: 5))
        {
            rounds++;
            using ChildWriter child = ChildWriter.Start(
                scratch.Path,
                mode.ToString(),
                round.ToString(CultureInfo.InvariantCulture),
                random.Next().ToString(CultureInfo.InvariantCulture));

            // Most kills hit the writing, some the opening.
            if (random.Next(5) > 0)
            {
                await child.SaysAsync("ack", random.Next(1, 100));
            }
            else
            {
                await Task.Delay(random.Next(60, 200));
            }

            Assert.False(child.HasExited, $"ended by itself in round {round}");
            List<string> lines = await child.KillAsync();
            Assert.DoesNotContain(
                lines, l => l.StartsWith("failed", StringComparison.Ordinal));
            journal.Note(round, lines);
            acknowledged += lines.Count(l => l.StartsWith("ack", StringComparison.Ordinal));
            await CheckAsync(scratch.Path, mode, random, journal);
        }

        Assert.True(
            acknowledged > 10 * rounds, $"only {acknowledged} appends were acknowledged");
        FaultReport.Row(25, "P", rounds, rounds, 0);
    }

    /// <summary>
    /// From outside, or by opening for writing, which the next child then finds closed.
    /// </summary>
    private static async Task CheckAsync(
        string directory, IoMode mode, Random random, Journal journal)
    {
        bool readOnly = random.Next(2) == 0;
        WriteAheadLog log;
        try
        {
            log = await WriteAheadLog.OpenAsync(
                directory, SmallLogs.Options(mode) with { ReadOnly = readOnly });
        }
        catch (StorageNotFoundException) when (readOnly && journal.Acknowledged == 0)
        {
            // Killed before there was a log.
            return;
        }

        await using (log)
        {
            journal.Check(log);
        }
    }
}
