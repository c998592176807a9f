using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Groups that are written again with more records, and every state a power loss may leave of them.</summary>
public sealed class GrowthTests
{
    private static readonly WriteAheadLogOptions s_options = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        IoMode = IoMode.Direct,
    };

    [Fact]
    public void An_earlier_state_of_it_ends_the_log_whatever_stands_behind_it()
    {
        // 700 three times in one block, then one that needs the next.
        SimulatedMachine writer = Machine();
        WriteAheadLog log = writer.Open("/log", s_options);
        writer.Scheduler.RunToIdle();
        int[] lengths = [700, 701, 702, 3900];
        foreach (int length in lengths)
        {
            writer.Wait(log.AppendAsync(Payloads.Of(length, length), Durability.ProcessCrash).AsTask());
        }

        Dictionary<int, int> seen = StatesOf(writer, lengths);
        Assert.Equal([0, 1, 2, 3, 4], seen.Keys.Order());
        writer.Discard(log);
    }

    [Fact]
    public void What_was_synced_of_it_stays()
    {
        SimulatedMachine writer = Machine();
        WriteAheadLog log = writer.Open("/log", s_options);
        writer.Scheduler.RunToIdle();
        int[] lengths = [700, 701, 702, 703];
        for (int i = 0; i < lengths.Length; i++)
        {
            writer.Wait(log.AppendAsync(
                Payloads.Of(lengths[i], lengths[i]), Durability.ProcessCrash).AsTask());
            if (i == 1)
            {
                writer.Wait(log.FlushAsync().AsTask());
            }
        }

        Assert.Equal([2, 3, 4], StatesOf(writer, lengths).Keys.Order());
        writer.Discard(log);
    }

    [Fact]
    public void A_kill_leaves_all_that_was_acknowledged()
    {
        SimulatedMachine machine = Machine();
        WriteAheadLog log = machine.Open("/log", s_options);
        int[] lengths = [.. Enumerable.Range(100, 60)];
        foreach (int length in lengths)
        {
            machine.Wait(log.AppendAsync(Payloads.Of(length, length), Durability.ProcessCrash).AsTask());
        }

        machine.Kill();
        WriteAheadLog again = machine.Open("/log", s_options);
        Assert.Equal(lengths, Lengths(again));
        machine.Discard(again);
    }

    private static SimulatedMachine Machine() => new(new SimulatedFileSystem(), seed: 1);

    /// <summary>How many records each state of the disk holds, and how many states those are.</summary>
    private static Dictionary<int, int> StatesOf(SimulatedMachine writer, int[] lengths)
    {
        CrashUnits units = CrashUnits.Of(writer.Disk.Snapshot(), 512);
        int count = units.Units.Count;
        Dictionary<int, int> seen = [];
        Random random = new(1);
        int states = count <= 12 ? 1 << count : 20_000;
        for (int state = 0; state < states; state++)
        {
            bool[] keep = [.. Enumerable.Range(0, count).Select(
                i => count <= 12 ? (state >> i & 1) == 1 : random.Next(8) >= state % 8)];
            SimulatedMachine machine = new(units.Build(keep).Mount(), seed: 1);
            WriteAheadLog log = machine.Open("/log", s_options);
            List<int> found = Lengths(log);
            Assert.Equal(lengths[..found.Count], found);
            seen[found.Count] = seen.GetValueOrDefault(found.Count) + 1;
            machine.Discard(log);
        }

        return seen;
    }

    private static List<int> Lengths(WriteAheadLog log)
    {
        using LogReader reader = log.OpenReader(log.FirstSequence);
        List<int> lengths = [];
        while (reader.TryRead(out StoredRecord record))
        {
            lengths.Add(record.Payload.Length);
        }

        return lengths;
    }
}
