using LogEngine.Testing.Running;

namespace LogEngine.Testing.Oracle;

/// <summary>Opens a log and reads all of it.</summary>
internal static class LogProbe
{
    /// <summary>What it shows, its records compared with the journal's.</summary>
    internal static RecoveredState Read(WriteAheadLog log, JournalEra era)
    {
        using LogReader reader = log.OpenReader(log.FirstSequence);
        long expected = log.FirstSequence;
        while (reader.TryRead(out StoredRecord record))
        {
            if (record.Sequence != expected)
            {
                return Wrong(log, $"O1: sequence {record.Sequence} read, {expected} expected");
            }

            if (!era.Holds(record.Sequence, JournalEra.HashOf(record.Payload)))
            {
                return Wrong(log, $"O3: record {record.Sequence} is not the one submitted");
            }

            expected++;
        }

        return expected == log.LastSequence + 1
            ? new RecoveredState(log.FirstSequence, log.LastSequence, null)
            : Wrong(log, $"O1: reading ended before {expected}, the log says {log.LastSequence}");
    }

    /// <summary>Opens, reads, and on request goes on using it; the disk is used up.</summary>
    internal static RecoveredState Recover(
        SimulatedMachine machine,
        string directory,
        WriteAheadLogOptions options,
        JournalEra era,
        Func<WriteAheadLog, RecoveredState, RecoveredState>? goOn = null)
    {
        WriteAheadLog? log = null;
        try
        {
            log = machine.Open(directory, options);
            RecoveredState state = Read(log, era);
            return goOn is null || state.Problem is not null ? state : goOn(log, state);
        }
        catch (LogEngineException refused) when (refused is not StorageIOException)
        {
            return new RecoveredState(0, 0, $"O6: refused: {refused.Message}", refused);
        }
        catch (Exception failed)
        {
            return new RecoveredState(0, 0, $"O6: untyped error: {failed}");
        }
        finally
        {
            if (log is not null)
            {
                machine.Discard(log);
            }
        }
    }

    private static RecoveredState Wrong(WriteAheadLog log, string problem) =>
        new(log.FirstSequence, log.LastSequence, problem);
}
