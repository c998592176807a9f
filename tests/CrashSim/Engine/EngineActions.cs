using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>The steps of a workload, each through the journal.</summary>
internal sealed class EngineActions(
    SimulatedMachine machine, EngineJournal journal, Random random)
{
    private const string First = "a";
    private const string Second = "b";
    private const string Third = "c";

    /// <summary>Several segments, half of them dead, two snapshots.</summary>
    internal void Prepare(EmbeddedEngine engine)
    {
        for (int i = 0; i < 3; i++)
        {
            Fill(engine);
        }

        Wait(Put(engine, Second, "large", Bytes(3000)));
        machine.Wait(engine.SnapshotAsync().AsTask());
        Wait(Put(engine, First, "old", Bytes(50)));
        machine.Wait(engine.SnapshotAsync().AsTask());
        Wait(Put(engine, Second, "tail", Bytes(50)));
    }

    internal void Do(EngineStep step, EmbeddedEngine engine)
    {
        switch (step)
        {
            case EngineStep.Put:
                Wait(Put(engine, First, Key(), Bytes(60)));
                break;
            case EngineStep.PutWeak:
                Wait(Put(engine, First, Key(), Bytes(60), Durability.None));
                Wait(Put(engine, First, Key(), Bytes(0), Durability.ProcessCrash));
                break;
            case EngineStep.Delete:
                Wait(Delete(engine, First, Key()));
                break;
            case EngineStep.DeleteRange:
                Wait(Commit(engine, batch => batch.DeleteRange(
                    engine.GetKeyspace(First), Text("k1"), Text("k2"))));
                break;
            case EngineStep.Conditional:
                Wait(PutIf(engine, "once", 0));
                Wait(PutIf(engine, "once", 0));
                Wait(PutIf(engine, "once", VersionOf(engine, "once")));
                break;
            case EngineStep.RefusedByWeak:
                Wait(Put(engine, First, "weakly", Bytes(20), Durability.ProcessCrash));
                Wait(PutIf(engine, "weakly", 0));
                break;
            case EngineStep.Tombstones:
                for (int i = 0; i < 17; i++)
                {
                    Wait(Delete(engine, First, Key()));
                }

                break;
            case EngineStep.ExpireBeside:
                ExpireBeside(engine);
                break;
            case EngineStep.Expiring:
                DateTimeOffset soon = machine.Time.GetUtcNow().AddSeconds(1);
                Wait(Put(engine, First, "expiring", Bytes(70), expiresAt: soon));
                Wait(Put(engine, Second, "expiring", Bytes(2500), expiresAt: soon));
                break;
            case EngineStep.ExpireWhilePut:
                ExpireWhilePut(engine);
                break;
            case EngineStep.Touch:
                TouchSome(engine);
                break;
            case EngineStep.Batch:
                Wait(Commit(engine, batch =>
                {
                    batch.Put(engine.GetKeyspace(First), Text(Key()), Bytes(40));
                    batch.Put(engine.GetKeyspace(Third), Text("both"), Bytes(50));
                    batch.Delete(engine.GetKeyspace(Second), Text("tail"));
                    batch.Put(engine.GetKeyspace(Second), Text("both"), Bytes(2500));
                }));
                break;
            case EngineStep.Chunked:
                Wait(Put(engine, Second, "large", Bytes(3500)));
                break;
            case EngineStep.LargeGivesWay:
                Wait(Put(engine, Second, "large", Bytes(2200)));
                Wait(Put(engine, Second, "gone", Bytes(1800)));
                Wait(Put(engine, Second, "large", Bytes(30), Durability.ProcessCrash));
                Wait(Delete(engine, Second, "gone", Durability.ProcessCrash));
                break;
            case EngineStep.Racing:
                Wait(Task.WhenAll(Race(engine)));
                break;
            case EngineStep.Fill:
                Fill(engine);
                break;
            case EngineStep.Snapshot:
                machine.Wait(engine.SnapshotAsync().AsTask());
                break;
            case EngineStep.Compact:
                machine.Wait(engine.CompactAsync().AsTask());
                break;
            case EngineStep.CompactBeside:
                CompactBeside(engine);
                break;
            case EngineStep.Drop:
                Wait(Drop(engine, Second));
                break;
            case EngineStep.Idle:
                machine.Scheduler.RunToIdle();
                for (int i = 0; i < 4; i++)
                {
                    machine.Time.Advance(TimeSpan.FromSeconds(10));
                    machine.Scheduler.RunToIdle();
                }

                break;
            default:
                throw new InvalidOperationException($"Unknown step {step}.");
        }
    }

    /// <summary>The version of a key of the first keyspace; 0 where it is absent.</summary>
    private static long VersionOf(EmbeddedEngine engine, string key) =>
        engine.GetKeyspace(First).TryGet(
            Text(key), new System.Buffers.ArrayBufferWriter<byte>(), out ValueInfo info)
            ? info.Version
            : 0;

    private static byte[] Text(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private IEnumerable<Task> Race(EmbeddedEngine engine)
    {
        long version = VersionOf(engine, "k1");
        yield return Put(engine, First, "k1", Bytes(500));
        yield return PutIf(engine, "k1", version);
        yield return PutIf(engine, "raced", 0);
        yield return PutIf(engine, "raced", 0);
        yield return Delete(engine, First, "k2");
        yield return Put(engine, Second, "weak", Bytes(100), Durability.ProcessCrash);
    }

    /// <summary>Overwrites twelve keys, among others, until about a segment is written.</summary>
    private void Fill(EmbeddedEngine engine)
    {
        for (int i = 0; i < 7; i++)
        {
            Wait(Commit(
                engine,
                batch =>
                {
                    for (int j = 0; j < 9; j++)
                    {
                        string name = j == 8 ? $"stays{random.Next(1000)}" : $"k{random.Next(12)}";
                        batch.Put(engine.GetKeyspace(First), Text(name), Bytes(1000));
                    }
                },
                i % 2 == 0 ? Durability.ProcessCrash : Durability.PowerLoss));
        }
    }

    /// <summary>A compaction, with writes to the keys that it moves between its steps.</summary>
    private void CompactBeside(EmbeddedEngine engine)
    {
        string[] keys = Living(engine);
        Task compaction = engine.CompactAsync().AsTask();
        for (int i = 0; i < 400 && !compaction.IsCompleted; i++)
        {
            if (i % 3 == 0 && i < 60 && keys.Length > 0)
            {
                string key = keys[random.Next(keys.Length)];
                _ = i % 2 == 0
                    ? (Task)Put(engine, First, key, Bytes(80), Durability.ProcessCrash)
                    : Delete(engine, First, key);
            }

            for (int steps = random.Next(4); steps > 0 && machine.Scheduler.RunOne(); steps--)
            {
            }
        }

        machine.Wait(compaction);
        machine.Scheduler.RunToIdle();
    }

    private static string[] Living(EmbeddedEngine engine)
    {
        List<string> keys = [];
        using EmbeddedKeyScan scan = engine.GetKeyspace(First).Scan(new ScanRange { KeysOnly = true });
        while (scan.MoveNext())
        {
            keys.Add(System.Text.Encoding.UTF8.GetString(scan.Key));
        }

        return [.. keys];
    }

    /// <summary>What has expired is swept, unless it has been put again.</summary>
    private void ExpireWhilePut(EmbeddedEngine engine)
    {
        for (int i = 0; i < 4; i++)
        {
            DateTimeOffset soon = machine.Time.GetUtcNow().AddSeconds(1);
            Wait(Put(engine, First, $"short{i}", Bytes(40), expiresAt: soon));
            Wait(Put(engine, Second, $"short{i}", Bytes(1500), expiresAt: soon));
        }

        machine.Scheduler.RunToIdle();
        machine.Time.Advance(TimeSpan.FromSeconds(2));
        List<Task> again = [];
        for (int i = 0; i < 4; i++)
        {
            for (int steps = random.Next(4); steps > 0 && machine.Scheduler.RunOne(); steps--)
            {
            }

            again.Add(Put(engine, First, $"short{i}", Bytes(20), Durability.ProcessCrash));
            again.Add(i % 2 == 0
                ? Put(engine, Second, $"short{i}", Bytes(1600))
                : Delete(engine, First, $"short{i}"));
        }

        Wait(Task.WhenAll(again));
        machine.Scheduler.RunToIdle();
    }

    private void TouchSome(EmbeddedEngine engine)
    {
        DateTimeOffset soon = machine.Time.GetUtcNow().AddSeconds(1);
        Wait(Put(engine, First, "kept", Bytes(40), expiresAt: soon));
        Wait(Put(engine, First, "lost", Bytes(40), expiresAt: soon.AddSeconds(-2)));
        Wait(Put(engine, Second, "kept", Bytes(2500), expiresAt: soon));
        Wait(Put(engine, Second, "ends", Bytes(50)));
        Wait(Touch(engine, First, "kept", soon.AddSeconds(1000)));
        Wait(Touch(engine, Second, "kept", null));
        Wait(Touch(engine, First, "nothing", null));
        Wait(Commit(
            engine,
            batch =>
            {
                batch.Put(engine.GetKeyspace(First), Text(Key()), Bytes(30));
                batch.Touch(engine.GetKeyspace(Second), Text("ends"), soon);
            },
            Durability.ProcessCrash));
        Wait(Touch(engine, First, "lost", null));

        // A crash is looked at with a clock that begins anew: what has only expired would be back. So
        // time does not pass here either, for what other steps have put.
        Wait(Delete(engine, First, "lost"));
        Wait(Delete(engine, Second, "ends"));
    }

    /// <summary>What has expired is removed where it lies, unless it has been put again.</summary>
    private void ExpireBeside(EmbeddedEngine engine)
    {
        for (int i = 0; i < 8; i++)
        {
            Wait(Put(
                engine,
                First,
                $"short{i}",
                Bytes(40),
                expiresAt: machine.Time.GetUtcNow().AddSeconds(1)));
        }

        Fill(engine);
        machine.Time.Advance(TimeSpan.FromSeconds(2));
        Task compaction = engine.CompactAsync().AsTask();
        for (int i = 0; i < 400 && !compaction.IsCompleted; i++)
        {
            if (i % 4 == 0 && i < 32)
            {
                _ = Put(engine, First, $"short{i / 4}", Bytes(20), Durability.ProcessCrash);
            }

            for (int steps = random.Next(5); steps > 0 && machine.Scheduler.RunOne(); steps--)
            {
            }
        }

        machine.Wait(compaction);
        machine.Scheduler.RunToIdle();
    }

    private Task<CommitResult> Put(
        EmbeddedEngine engine,
        string keyspace,
        string key,
        byte[] value,
        Durability durability = Durability.PowerLoss,
        DateTimeOffset? expiresAt = null) => journal.Commit(
            engine,
            [
                ModelOperation.Put(
                    keyspace, Text(key), value, EmbeddedEngine.ExpiryTicks(expiresAt)),
            ],
            [],
            durability,
            () => Single(engine.GetKeyspace(keyspace).PutAsync(
                Text(key), value, durability, expiresAt)));

    private Task<CommitResult> Delete(
        EmbeddedEngine engine,
        string keyspace,
        string key,
        Durability durability = Durability.PowerLoss) => journal.Commit(
            engine,
            [ModelOperation.Delete(keyspace, Text(key))],
            [],
            durability,
            () => Single(engine.GetKeyspace(keyspace).DeleteAsync(Text(key), durability)));

    private Task<CommitResult> Touch(
        EmbeddedEngine engine, string keyspace, string key, DateTimeOffset? expiresAt) => Commit(
            engine, batch => batch.Touch(engine.GetKeyspace(keyspace), Text(key), expiresAt));

    private Task<CommitResult> PutIf(EmbeddedEngine engine, string key, long version) =>
        Commit(engine, batch =>
        {
            batch.Put(engine.GetKeyspace(First), Text(key), Bytes(30));
            batch.RequireVersion(engine.GetKeyspace(First), Text(key), version);
        });

    private Task<CommitResult> Drop(EmbeddedEngine engine, string keyspace) =>
        Commit(engine, batch => batch.Content.Drop(engine.GetKeyspace(keyspace).Id));

    private Task<CommitResult> Commit(
        EmbeddedEngine engine,
        Action<WriteBatch> fill,
        Durability durability = Durability.PowerLoss)
    {
        WriteBatch batch = engine.CreateBatch();
        fill(batch);
        return journal.Commit(
            engine,
            ModelOperation.Of(batch),
            ModelCondition.Of(batch),
            durability,
            () => engine.TryCommitAsync(batch, durability).AsTask());
    }

    private void Wait(Task task) => machine.Wait(task);

    private static async Task<CommitResult> Single(ValueTask<long> write)
    {
        long sequence = await write.ConfigureAwait(false);
        return new CommitResult(true, new SequenceRange(sequence, sequence), null);
    }

    private string Key() => KeyFamilies.TextOf(random.Next(12));

    /// <summary>Bytes that no other value has.</summary>
    private byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
