using LogEngine.CrashSim.Simulated;
using LogEngine.Format;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Model;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>Files of an engine that were durable and are missing, or are not what was written.</summary>
internal static class EngineDamage
{
    /// <summary>Records of the largest batch that a workload ends with.</summary>
    private const int MostInGroup = 9;

    /// <summary>Nothing was ever freed: the log alone has everything.</summary>
    private static EngineWorkload NothingFreed { get; } = new(
        [EngineStep.Chunked, EngineStep.Batch, EngineStep.Snapshot, EngineStep.Delete,
            EngineStep.Racing, EngineStep.Snapshot, EngineStep.Put, EngineStep.Reopen], 34)
    {
        Background = false,
    };

    private static EngineWorkload MuchFreed { get; } = new(
        [EngineStep.Fill, EngineStep.Compact, EngineStep.DeleteRange, EngineStep.Batch,
            EngineStep.Snapshot, EngineStep.Chunked, EngineStep.Put, EngineStep.Reopen], 35);

    /// <summary>Freed behind each snapshot that was due: the two retained ones are apart.</summary>
    private static EngineWorkload FreedBetween { get; } = new(
        [EngineStep.Fill, EngineStep.Fill, EngineStep.DeleteRange, EngineStep.Fill,
            EngineStep.Snapshot, EngineStep.Fill, EngineStep.Snapshot, EngineStep.Fill,
            EngineStep.Fill, EngineStep.Reopen], 36);

    /// <summary>Engines closed and not closed, freed and not.</summary>
    internal static IEnumerable<FinishedEngine> Engines()
    {
        foreach (EngineWorkload workload in (EngineWorkload[])[NothingFreed, MuchFreed, FreedBetween])
        {
            yield return FinishedEngine.Of(workload);
            yield return FinishedEngine.Of(
                workload with { Steps = [.. workload.Steps.SkipLast(1)] });
        }
    }

    /// <summary>
    /// Any snapshots missing: one that is left serves, with the log behind it. None left: the log
    /// alone, while nothing was ever freed; else a typed error.
    /// </summary>
    internal static void MissingSnapshots(RowResult result)
    {
        foreach (FinishedEngine engine in Engines())
        {
            IReadOnlyList<string> names = engine.Names(".snap");
            if (names.Count < 2 && engine.Workload.Filled)
            {
                result.Fail($"{engine.Workload}: {names.Count} snapshots, two are retained");
            }

            for (int mask = 1; mask < 1 << names.Count; mask++)
            {
                string[] gone = [.. names.Where((_, i) => (mask >> i & 1) != 0)];
                bool any = gone.Length < names.Count;
                engine.Judge(
                    engine.Without(gone),
                    $"without {string.Join(' ', gone)}",
                    mustOpen: any || !engine.Workload.Background,
                    result);
            }
        }
    }

    /// <summary>Each segment missing in turn, and each pair.</summary>
    internal static void MissingSegments(RowResult result)
    {
        foreach (FinishedEngine engine in Engines())
        {
            IReadOnlyList<string> names = engine.Names(".seg");
            string? head = engine.Workload.Steps[^1] == EngineStep.Reopen ? null : HeadOf(engine);
            for (int i = 0; i < names.Count; i++)
            {
                for (int j = i; j < names.Count; j++)
                {
                    // As long as the head is open, nothing but itself says that it is there: what
                    // it held is a tail that nothing attests (see docs/recovery.md).
                    CrashImage damaged = engine.Without([names[i], names[j]]);
                    EngineState found = engine.Open(damaged);
                    result.Add(1, [damaged.Hash]);
                    if (engine.Violation(found, mustOpen: false) is { } problem
                        && !(head is not null
                            && (names[i] == head || names[j] == head)
                            && found.Problem is null
                            && found.Sequence < engine.Whole.Sequence))
                    {
                        result.Fail($"{engine.Workload}: without {names[i]}, {names[j]}: {problem}");
                    }
                }
            }
        }
    }

    /// <summary>
    /// A log that ends before the snapshots, as after a restore of some files only: refused, not
    /// taken for an engine of fewer writes.
    /// </summary>
    internal static void SnapshotsWithoutTheirLog(RowResult result)
    {
        foreach (EngineWorkload workload in (EngineWorkload[])[NothingFreed, MuchFreed, FreedBetween])
        {
            FinishedEngine engine = FinishedEngine.Of(workload);
            FinishedEngine before = FinishedEngine.Of(
                workload with { Steps = [.. workload.Steps.Take(2), EngineStep.Reopen] });
            Dictionary<string, ImageFile> mixed = new(before.Files);
            foreach (string name in engine.Names(".snap").Concat(["manifest-a", "manifest-b"]))
            {
                mixed[name] = engine.Files[name];
            }

            CrashImage old = engine.With(mixed);
            result.Add(1, [old.Hash]);
            if (engine.Open(old).Refusal is not CorruptionException)
            {
                result.Fail($"{workload}: an older log under newer snapshots is not refused");
            }
        }
    }

    /// <summary>Bytes of each file flipped, cut off and zeroed, one place after the other.</summary>
    internal static void DamagedFiles(RowResult result, int places)
    {
        foreach (FinishedEngine engine in Engines())
        {
            foreach ((string name, ImageFile file) in engine.Files)
            {
                if (name is "LOCK" or "READERS")
                {
                    continue;
                }

                Random chance = new(engine.Workload.Seed + name.Length);
                for (int i = 0; i < places && file.Content.Length > 0; i++)
                {
                    // The first bytes in turn, then anywhere.
                    long at = i < places / 3 ? i : chance.NextInt64(file.Content.Length);
                    byte bit = (byte)(1 << chance.Next(8));
                    Judge(engine, name, $"byte {at} of {name} ^ {bit}", result, at, bit);
                }
            }
        }
    }

    /// <summary>The segment of the highest id.</summary>
    private static string HeadOf(FinishedEngine engine) => engine.Names(".seg").MaxBy(name =>
    {
        byte[] block = new byte[SegmentHeader.Size];
        engine.Files[name].Content.Read(block, 0);
        SegmentHeader.Read(block, forWriting: true, out SegmentHeader? header);
        return header?.SegmentId ?? 0;
    })!;

    private static void Judge(
        FinishedEngine engine, string name, string what, RowResult result, long at, byte bit)
    {
        CrashImage damaged = engine.With(name, content =>
        {
            byte[] one = new byte[1];
            content.Read(one, at);
            one[0] ^= bit;
            content.Put(one, at);
        });
        EngineState found = engine.Open(damaged);
        result.Add(1, [damaged.Hash]);

        // One of two snapshots, or manifests, is enough.
        bool mustOpen = name.EndsWith(".snap", StringComparison.Ordinal);
        if (engine.Violation(found, mustOpen) is { } problem && !IsOnlyTheTail(engine, found))
        {
            result.Fail($"{engine.Workload}: {what}: {problem}");
        }
    }

    /// <summary>
    /// Without a clean close the last group is not attested: it may be cut, and nothing else.
    /// </summary>
    private static bool IsOnlyTheTail(FinishedEngine engine, EngineState found) =>
        found.Problem is null
        && engine.Workload.Steps[^1] != EngineStep.Reopen
        && found.Sequence < engine.Whole.Sequence
        && found.Sequence >= engine.Whole.Sequence - MostInGroup;
}
