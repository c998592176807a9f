using LogEngine.Testing;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// A log that removes its oldest segments by itself, crashed at every change of the disk: what was
/// acknowledged and not removed is there, what was removed never comes back, and opening goes on with both.
/// </summary>
public sealed class RetentionCrashTests
{
    private const int Seed = 47;
    private const string Place = "/log";

    private static readonly LogRetention ByBytes = new() { MaxBytes = 100_000 };
    private static readonly LogRetention ByAge = new() { MaxAge = TimeSpan.FromMinutes(10) };

    [Theory]
    [InlineData(true, IoMode.Direct)]
    [InlineData(true, IoMode.Buffered)]
    [InlineData(false, IoMode.Direct)]
    [InlineData(false, IoMode.Buffered)]
    public void A_crash_at_any_moment_leaves_what_was_kept_and_nothing_that_was_removed(
        bool byBytes, IoMode mode)
    {
        using PlainContext plain = PlainContext.Enter();
        WriteAheadLogOptions options = SimulatedDisk.SmallLog with
        {
            IoMode = mode,
            Retention = byBytes ? ByBytes : ByAge,
        };
        SimulatedMachine machine = new(new SimulatedFileSystem(), Seed);
        WriteAheadLog log = machine.Open(Place, options);
        List<(DiskSnapshot Disk, long First, long Acknowledged)> points = [];
        long acknowledged = 0;
        machine.Disk.BeforeChange = disk =>
            points.Add((disk.Snapshot(), log.FirstSequence, acknowledged));
        for (int i = 0; i < 60; i++)
        {
            acknowledged = machine.Wait(log.AppendAsync(Payloads.Of(5000, i)).AsTask());
            if (i % 20 == 19)
            {
                machine.Time.Advance(TimeSpan.FromMinutes(6));
            }

            while (machine.Scheduler.RunOne())
            {
            }
        }

        machine.Disk.BeforeChange = null;
        long last = log.FirstSequence;
        Assert.True(last > 20, $"only the records below {last} were removed");
        Assert.True(points.Select(p => p.First).Distinct().Count() > 2, "removed at one moment only");

        int states = 0;
        HashSet<(ulong, long, long)> images = [];
        for (int i = 0; i < points.Count; i++)
        {
            (DiskSnapshot disk, long first, long durable) = points[i];
            CrashUnits units = CrashUnits.Of(disk, SimPage.Size);
            foreach (bool[] keep in CrashChoices.Of(
                units.Units, exhaust: 2, pairs: 0, random: 2, Seed + i))
            {
                CrashImage image = units.Build(keep);
                if (images.Add((image.Hash, first, durable)))
                {
                    Judge(new SimulatedMachine(image.Mount(), Seed + 1), options, first, last, durable);
                    states++;
                }
            }
        }

        Assert.True(states > 200, $"{states} states");
    }

    private static void Judge(
        SimulatedMachine crashed, WriteAheadLogOptions options, long first, long last, long durable)
    {
        // Without retention first: what is there is what the crash left.
        WriteAheadLog log = crashed.Open(Place, options with { Retention = null });
        Assert.InRange(log.FirstSequence, first, last);
        Assert.True(log.LastSequence >= durable, $"{log.LastSequence} of {durable} acknowledged");
        Read(log);
        long found = log.FirstSequence;
        crashed.Wait(log.CloseAsync().AsTask());

        // Then with it, going on.
        WriteAheadLog again = crashed.Open(Place, options);
        for (int i = 0; i < 30; i++)
        {
            crashed.Wait(again.AppendAsync(Payloads.Of(5000, (int)again.LastSequence)).AsTask());
        }

        while (crashed.Scheduler.RunOne())
        {
        }

        Assert.True(again.FirstSequence >= found);
        Read(again);
    }

    private static void Read(WriteAheadLog log)
    {
        using LogReader reader = log.OpenReader(log.FirstSequence);
        long next = log.FirstSequence;
        while (reader.TryRead(out StoredRecord record))
        {
            Assert.Equal(next, record.Sequence);
            Assert.True(record.Payload.SequenceEqual(Payloads.Of(5000, (int)next - 1)), $"{next}");
            next++;
        }

        Assert.Equal(log.DurableSequence + 1, next);
    }
}
