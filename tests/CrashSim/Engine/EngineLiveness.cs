using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// A recovered engine must go on working, snapshot and compaction included, and show the same when
/// it is opened again.
/// </summary>
internal static class EngineLiveness
{
    private static readonly byte[] _key = [1, 2, 3];
    private static readonly byte[] _value = [4, 5, 6, 7];

    internal static Func<EmbeddedEngine, EngineState, EngineState> GoOn(
        SimulatedMachine machine, StorageEngineOptions options) => (engine, state) =>
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("afterwards");
        long version = machine.Wait(keyspace.PutAsync(_key, _value).AsTask());
        if (version <= state.Sequence)
        {
            return state with { Problem = $"O9: written as {version} behind {state.Sequence}" };
        }

        machine.Wait(engine.CompactAsync().AsTask());
        machine.Wait(engine.SnapshotAsync().AsTask());
        machine.Scheduler.RunToIdle();
        string? problem = engine.Statistics.MaintenanceFailure is { } failure
            ? $"O9: maintenance: {failure}"
            : EngineAudit.Violation(engine, swept: true)
                ?? Difference(EngineProbe.Read(engine), state, version);
        if (problem is null)
        {
            machine.Kill();
            EmbeddedEngine again = machine.OpenEngine(EngineWorkload.Directory, options);
            problem = Difference(EngineProbe.Read(again), state, version);
            machine.Discard(again);
        }

        return state with { Problem = problem };
    };

    private static string? Difference(EngineState now, EngineState before, long version)
    {
        FoundValue added = now.Values.FirstOrDefault(v => v.Keyspace == "afterwards");
        if (now.Problem is not null || added.Version != version)
        {
            return now.Problem ?? $"O9: what was written as {version} has version {added.Version}";
        }

        EngineState rest = now with
        {
            Values = [.. now.Values.Where(v => v.Keyspace != "afterwards")],
            Counts = now.Counts.Where(c => c.Key != "afterwards")
                .ToDictionary(c => c.Key, c => c.Value),
        };
        return rest.DifferenceFrom(before) is { } difference ? $"O4: {difference}" : null;
    }
}
