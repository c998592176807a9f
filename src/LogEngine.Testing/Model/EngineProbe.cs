using System.Buffers;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.Testing.Model;

/// <summary>Opens an engine and reads all of it, in every way there is.</summary>
internal static class EngineProbe
{
    /// <summary>What it shows.</summary>
    internal static EngineState Read(EmbeddedEngine engine)
    {
        using EmbeddedReadView view = engine.OpenReadView();
        EngineState state = Read(engine, view);
        return state with { Problem = state.Problem ?? EngineAudit.Violation(engine) };
    }

    /// <summary>What a view of it shows.</summary>
    internal static EngineState Read(EmbeddedEngine engine, EmbeddedReadView view)
    {
        List<FoundValue> values = [];
        Dictionary<string, long> counts = [];
        string? problem = null;
        foreach (string name in view.ListKeyspaces())
        {
            EmbeddedKeyspaceView keyspace = view.In(engine.OpenKeyspace(name));
            counts.Add(name, keyspace.Count);
            int before = values.Count;
            ReadForward(name, keyspace, values);
            problem ??= CheckBackward(name, keyspace, values, before);
            problem ??= CheckPoints(name, keyspace, values, before);
        }

        return new EngineState(
            view.Sequence,
            view.Pinned.NowTicks,
            values,
            counts,
            problem);
    }

    /// <summary>Opens, reads, and on request goes on using it; the disk is used up.</summary>
    internal static EngineState Recover(
        SimulatedMachine machine,
        string directory,
        StorageEngineOptions options,
        Func<EmbeddedEngine, EngineState, EngineState>? goOn = null)
    {
        EmbeddedEngine? engine = null;
        try
        {
            engine = machine.OpenEngine(directory, options);
            EngineState state = Read(engine);
            if (state.Problem is null && state.Sequence != engine.Recovery.LastSequence)
            {
                return state with
                {
                    Problem = $"O8: the index stands at {state.Sequence}, the log ends at "
                        + $"{engine.Recovery.LastSequence}",
                };
            }

            return goOn is null || state.Problem is not null ? state : goOn(engine, state);
        }
        catch (LogEngineException refused) when (refused is not StorageIOException)
        {
            return EngineState.Failed($"O6: refused: {refused.Message}", refused);
        }
        catch (Exception failed)
        {
            return EngineState.Failed($"O6: untyped error: {failed}");
        }
        finally
        {
            if (engine is not null)
            {
                machine.Discard(engine);
            }
        }
    }

    private static void ReadForward(string name, EmbeddedKeyspaceView keyspace, List<FoundValue> values)
    {
        using EmbeddedKeyScan scan = keyspace.Scan();
        while (scan.MoveNext())
        {
            values.Add(new FoundValue(
                name,
                scan.Key.ToArray(),
                JournalEra.HashOf(scan.Value),
                scan.Info.Version,
                scan.Info.ExpiresAt?.UtcTicks ?? 0));
        }
    }

    private static string? CheckBackward(
        string name, EmbeddedKeyspaceView keyspace, List<FoundValue> values, int from)
    {
        int at = values.Count;
        using EmbeddedKeyScan scan = keyspace.Scan(new ScanRange { Reverse = true, KeysOnly = true });
        while (scan.MoveNext())
        {
            if (--at < from || !scan.Key.SequenceEqual(values[at].Key))
            {
                return $"O8: keyspace '{name}' has other keys backwards";
            }
        }

        return at == from ? null : $"O8: keyspace '{name}' has fewer keys backwards";
    }

    private static string? CheckPoints(
        string name, EmbeddedKeyspaceView keyspace, List<FoundValue> values, int from)
    {
        ArrayBufferWriter<byte> value = new();
        for (int i = from; i < values.Count; i++)
        {
            value.ResetWrittenCount();
            if (!keyspace.TryGet(values[i].Key, value, out ValueInfo info)
                || info.Version != values[i].Version
                || JournalEra.HashOf(value.WrittenSpan) != values[i].Hash)
            {
                return $"O8: {EngineState.Text(values[i])} is another when it is looked up";
            }
        }

        return values.Count - from <= keyspace.Count
            ? null
            : $"O8: keyspace '{name}' counts {keyspace.Count}, it has {values.Count - from}";
    }
}
