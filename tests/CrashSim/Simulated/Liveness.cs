using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// A recovered log must go on working, and show the same when it is opened again.
/// </summary>
internal static class Liveness
{
    /// <summary>Appends, dies, opens again: everything shown before, and the new record.</summary>
    internal static Func<WriteAheadLog, RecoveredState, RecoveredState> GoOn(
        SimulatedMachine machine) => (log, state) =>
    {
        byte[] payload = [1, 2, 3, 4, 5];
        long sequence = log.Append(payload);
        if (sequence != state.Last + 1)
        {
            return state with { Problem = $"O9: appended as {sequence} behind {state.Last}" };
        }

        WriteAheadLogOptions options = Options(log);
        machine.Kill();
        WriteAheadLog again = machine.Open(log.Recovery.Directory, options);
        string? problem = Compare(again, state, payload);
        machine.Discard(again);
        return state with { Problem = problem };
    };

    private static string? Compare(WriteAheadLog again, RecoveredState state, byte[] payload)
    {
        if (again.FirstSequence != state.First || again.LastSequence != state.Last + 1)
        {
            return $"O5: opened again, it holds {again.FirstSequence} to {again.LastSequence}, not "
                + $"{state.First} to {state.Last + 1}";
        }

        using LogReader reader = again.OpenReader(again.FirstSequence);
        StoredRecord last = default;
        long count = 0;
        while (reader.TryRead(out StoredRecord record))
        {
            last = record;
            count++;
            if (record.Sequence == state.Last + 1 && !record.Payload.SequenceEqual(payload))
            {
                return "O9: the record appended after recovery is another one now";
            }
        }

        return count == state.Last + 2 - state.First
            ? null
            : $"O4: {count} records read, the last {last.Sequence}";
    }

    private static WriteAheadLogOptions Options(WriteAheadLog log) => new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        IoMode = log.Recovery.IoMode,
    };
}
