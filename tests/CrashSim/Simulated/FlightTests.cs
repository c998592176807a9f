using LogEngine.Testing;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Two commits whose writes are on their way at the same time.</summary>
public sealed class FlightTests
{
    private static readonly WriteAheadLogOptions s_options = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        GroupsInFlight = 2,
        IoMode = IoMode.Direct,
    };

    [Fact]
    public void Any_part_of_both_may_be_lost_and_never_only_the_first()
    {
        Flights flights = Flights.Take();
        CrashUnits units = CrashUnits.Of(flights.Machine.Disk.Snapshot(), 4096);
        int count = units.Units.Count;
        Assert.InRange(count, 4, 12);
        HashSet<long> seen = [];
        for (int kept = 0; kept < 1 << count; kept++)
        {
            bool[] keep = [.. Enumerable.Range(0, count).Select(i => (kept >> i & 1) == 1)];
            SimulatedMachine machine = new(units.Build(keep).Mount(), seed: 1);
            WriteAheadLog log = machine.Open("/log", s_options);
            List<int> lengths = Lengths(log);
            Assert.Equal(Flights.Lengths[..lengths.Count], lengths);
            seen.Add(lengths.Count);
            machine.Discard(log);
        }

        // Before them there was one record, so: one, two, or all three.
        Assert.Equal([1, 2, 3], seen.Order());
    }

    [Fact]
    public async Task The_second_is_not_acknowledged_before_the_first()
    {
        int overtaken = 0;
        for (int seed = 1; seed <= 60; seed++)
        {
            Flights flights = Flights.Take(seed);
            while (!flights.Second.IsCompleted || !flights.First.IsCompleted)
            {
                Assert.True(flights.Machine.Scheduler.RunOne(), "nothing is left to do");
                if (flights.Written is [var only] && only == flights.Launched[1])
                {
                    // The second alone is written.
                    overtaken++;
                    Assert.Equal(1, flights.Log.DurableSequence);
                    Assert.False(flights.Second.IsCompleted);
                }
            }

            Assert.Equal((2, 3), (await flights.First, await flights.Second));
            Assert.Equal(3, flights.Log.DurableSequence);
            flights.Machine.Discard(flights.Log);
        }

        Assert.True(overtaken > 0, "the second was never written first");
    }

    [Fact]
    public void A_failure_fails_its_own_and_what_is_behind_it()
    {
        int[] failures = new int[2];
        for (int seed = 1; seed <= 80; seed++)
        {
            Flights flights = Flights.Take(seed);
            flights.Machine.Disk.Faults.Add(new PlannedFault
            {
                Kinds = OperationKinds.Write,
                Occurrence = 1 + (seed % 2),
                ErrorNumber = 5,
            });
            flights.Machine.Scheduler.RunToIdle();
            int failing = flights.FailedOne;
            if (failing >= 0)
            {
                failures[failing]++;
                Assert.Equal(failing == 0, flights.First.IsFaulted);
                Assert.True(flights.Second.IsFaulted);
                Assert.Equal(1 + failing, flights.Log.DurableSequence);
                Assert.True(flights.Log.Faulted.IsCompleted);
                Assert.All(
                    new[] { flights.First, flights.Second }.Where(append => append.IsFaulted),
                    append => Assert.True(
                        ((StorageFaultedException)append.Exception!.InnerException!).MayBeWritten));
            }

            flights.Machine.Discard(flights.Log);
        }

        Assert.All(failures, count => Assert.True(count > 0, "one of the two never failed"));
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

    /// <summary>A log with one record, and two more whose writes have been launched and not made.</summary>
    private sealed record Flights(
        SimulatedMachine Machine, WriteAheadLog Log, Task<long> First, Task<long> Second)
    {
        private const string Announced = "announce";
        private const string Synced = "write+sync";

        private int _before;

        internal static int[] Lengths { get; } = [100, 5000, 6000];

        /// <summary>Where the two go, as the trace says it: name, offset and length.</summary>
        internal IReadOnlyList<string> Launched => Places(Announced)[^2..];

        /// <summary>Which of the two could not be written; -1 for neither.</summary>
        internal int FailedOne => Places(Synced)
            .Where(place => place.Contains("error", StringComparison.Ordinal))
            .Select(place => Launched.ToList().FindIndex(
                launched => place.StartsWith(launched + " ", StringComparison.Ordinal)))
            .FirstOrDefault(-1);

        /// <summary>Those of the two that are written.</summary>
        internal IReadOnlyList<string> Written => Places(Synced)[_before..];

        internal static Flights Take(int seed = 1)
        {
            for (; ; seed += 1000)
            {
                SimulatedMachine machine = new(new SimulatedFileSystem(), seed);
                machine.Disk.Trace.KeepText();
                WriteAheadLog log = machine.Open("/log", s_options);
                Flights flights = new(machine, log, null!, null!);
                machine.Scheduler.RunToIdle();
                machine.Wait(log.AppendAsync(Payloads.Of(Lengths[0], 1)).AsTask());
                machine.Scheduler.RunToIdle();
                int before = flights.Places(Synced).Count;
                int launched = flights.Places(Announced).Count;
                Task<long> first = log.AppendAsync(Payloads.Of(Lengths[1], 2)).AsTask();
                flights.RunUntilLaunched(launched + 1);
                Task<long> second = log.AppendAsync(Payloads.Of(Lengths[2], 3)).AsTask();
                flights.RunUntilLaunched(launched + 2);
                if (flights.Places(Announced).Count == launched + 2
                    && flights.Places(Synced).Count == before)
                {
                    return flights with { First = first, Second = second, _before = before };
                }

                machine.Discard(log);
                Assert.True(seed < 100_000, "two were never in flight together");
            }
        }

        private void RunUntilLaunched(int count)
        {
            while (Places(Announced).Count < count && Machine.Scheduler.RunOne())
            {
            }
        }

        private List<string> Places(string operation) =>
        [
            .. Machine.Disk.Trace.Lines
                .Where(line => line.Contains($" {operation} ", StringComparison.Ordinal))
                .Select(line => line[(line.IndexOf(operation, StringComparison.Ordinal)
                    + operation.Length + 1)..]),
        ];
    }
}
