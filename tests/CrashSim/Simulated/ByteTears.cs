using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// The last write before each crash is torn at every byte: its beginning is there and its end is
/// not, or the other way round; with and without what else was in flight.
/// </summary>
internal sealed class ByteTears(Recording recording, RowResult result)
{
    private readonly HashSet<ulong> _seen = [];

    internal static void Run(Workload workload, RowResult result) =>
        new ByteTears(WorkloadRun.Record(workload), result).Run();

    private void Run()
    {
        foreach (CrashPoint point in recording.Points)
        {
            CrashUnits units = CrashUnits.Of(point.Disk, SimPage.Size);
            long last = units.Units.Where(u => u.Data is WrittenBytes)
                .Select(u => u.Order).DefaultIfEmpty(-1).Max();
            foreach (CrashUnit unit in units.Units.Where(
                u => u.Order == last && u.Data is WrittenBytes))
            {
                Tear(point, units, unit);
            }
        }
    }

    /// <summary>One page of the write; the other pages go with the part that is there.</summary>
    private void Tear(CrashPoint point, CrashUnits units, CrashUnit torn)
    {
        WrittenBytes write = (WrittenBytes)torn.Data!;
        ReadOnlySpan<byte> bytes = write.Bytes.Span;
        for (int at = 1; at <= bytes.Length; at++)
        {
            if (at < bytes.Length && bytes[at - 1] == 0)
            {
                // As torn one byte earlier, but for what was there before: other tears cover it.
                continue;
            }

            foreach (bool others in (bool[])[true, false])
            {
                Judge(point, units, torn, others, write with { Bytes = write.Bytes[..at] });
                Judge(point, units, torn, others, write with
                {
                    Offset = write.Offset + at,
                    Bytes = write.Bytes[at..],
                });
            }
        }
    }

    private void Judge(
        CrashPoint point, CrashUnits units, CrashUnit torn, bool others, WrittenBytes part)
    {
        bool[] keep = new bool[units.Units.Count];
        bool first = part.Offset == ((WrittenBytes)torn.Data!).Offset;
        for (int i = 0; i < keep.Length; i++)
        {
            CrashUnit unit = units.Units[i];
            keep[i] = ReferenceEquals(unit, torn)
                ? false
                : unit.Order != torn.Order || unit.Data is not WrittenBytes other
                    ? others
                    : first == (other.Offset < part.Offset);
        }

        CrashImage image = units.Build(keep).With(torn.Inode, part);
        if (!_seen.Add(image.Hash))
        {
            return;
        }

        RecoveredState found = LogProbe.Recover(
            new SimulatedMachine(image.Mount(), recording.Workload.Seed + 1),
            Workload.Directory,
            recording.Workload.Options,
            point.Expected.Era);
        result.Add(1, [image.Hash]);
        if (point.Expected.Violation(found, killOnly: false) is { } problem)
        {
            result.Fail(
                $"{recording.Workload}: before operation {point.Disk.Operation + 1}, of the last "
                + $"write {part.Offset}+{part.Bytes.Length} persisted: {problem}");
        }
    }
}
