using System.Text;
using LogEngine.Testing.Model;

namespace LogEngine.CrashSim.Block;

/// <summary>An engine on a recorded disk, with snapshots and compactions.</summary>
internal sealed class EngineBlockWorkload(RecordedDisk disk, IoMode mode, int seed)
    : IBlockWorkload<EngineExpectation>
{
    internal const string Directory = "store";

    private readonly EngineJournal _journal = new();
    private readonly List<EngineExpectation> _expected = [];
    private readonly Random _random = new(seed);
    private EmbeddedEngine? _engine;

    public IReadOnlyList<EngineExpectation> Expected => _expected;

    private StorageEngineOptions Options => new()
    {
        IoMode = mode,
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
    };

    /// <summary>While it is closed and opened again nothing is submitted.</summary>
    public EngineExpectation Between(EngineExpectation before, EngineExpectation after) =>
        ReferenceEquals(before.Era, after.Era)
            ? before with { Submitted = after.Submitted }
            : before;

    public async Task RunAsync(int steps)
    {
        Mark();
        _engine = await StorageEngine.OpenAsync(disk.Mount[Directory], Options);
        for (int i = 0; i < steps; i++)
        {
            await StepAsync(_engine);
            Mark();
        }

        await _engine.CloseAsync();
        Mark();
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private void Mark()
    {
        if (_engine is not null)
        {
            _journal.DurableShown(_engine);
        }

        _expected.Add(_journal.Now());
        disk.Mark(_expected.Count - 1);
    }

    private Task StepAsync(EmbeddedEngine engine) => _random.Next(14) switch
    {
        0 => engine.SnapshotAsync().AsTask(),
        1 => engine.CompactAsync().AsTask(),
        2 => CommitAsync(engine, batch => batch.Delete(engine.GetKeyspace("a"), Key())),
        3 => CommitAsync(engine, batch => batch.DeleteRange(
            engine.GetKeyspace("a"), Text("k1"), Text("k3"))),
        4 => CommitAsync(engine, batch => batch.Put(
            engine.GetKeyspace("b"), Text("large"), Bytes(6000))),
        5 => CommitAsync(engine, batch => batch.Content.Drop(engine.GetKeyspace("b").Id)),
        6 => ReopenAsync(engine),
        7 or 8 => CommitAsync(
            engine,
            batch =>
            {
                batch.Put(engine.GetKeyspace("a"), Key(), Bytes(300));
                batch.Put(engine.GetKeyspace("b"), Key(), Bytes(500));
            },
            Durability.ProcessCrash),
        9 or 10 => CommitAsync(engine, batch =>
        {
            for (int i = 0; i < 12; i++)
            {
                batch.Put(engine.GetKeyspace("a"), Text($"k{i}"), Bytes(900));
            }
        }),
        _ => CommitAsync(engine, batch => batch.Put(
            engine.GetKeyspace("a"), Key(), Bytes(200))),
    };

    private async Task ReopenAsync(EmbeddedEngine engine)
    {
        _engine = null;
        await engine.CloseAsync();
        EmbeddedEngine opened = await StorageEngine.OpenAsync(disk.Mount[Directory], Options);
        using (EmbeddedReadView view = opened.OpenReadView())
        {
            _journal.Reopened(EngineProbe.Read(opened, view) with
            {
                Sequence = opened.Recovery.LastSequence,
            });
        }

        _engine = opened;
    }

    private Task<CommitResult> CommitAsync(
        EmbeddedEngine engine,
        Action<WriteBatch> fill,
        Durability durability = Durability.PowerLoss)
    {
        WriteBatch batch = engine.CreateBatch();
        fill(batch);
        return _journal.Commit(
            engine,
            ModelOperation.Of(batch),
            [],
            durability,
            () => engine.TryCommitAsync(batch, durability).AsTask());
    }

    private byte[] Key() => Text($"k{_random.Next(12)}");

    /// <summary>Bytes that no other value has.</summary>
    private byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
