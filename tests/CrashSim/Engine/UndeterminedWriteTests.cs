using LogEngine.Testing;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// What a fault says of the write that met it: that it may be written, where it was on its way, and is then there as
/// a whole or not at all; that it is not, where it came later or had no place yet. The fault rows hold
/// every write on every failing disk to the same answers (SubmittedBatch, LogJournal).
/// </summary>
public sealed class UndeterminedWriteTests
{
    private const string Place = "/place";

    /// <summary>More than the buffers take: what comes after them stands in line.</summary>
    private const int ManyAppends = 40;

    /// <summary>The writes of an engine, each with what it leaves at the key "new".</summary>
    private static readonly Dictionary<string, Func<EmbeddedEngine, EmbeddedKeyspace, Task>> Writes = new()
    {
        ["put"] = async (_, keys) => await keys.PutAsync("new", "1"),
        ["blocking put"] = (_, keys) =>
        {
            keys.Put("new"u8, "1"u8);
            return Task.CompletedTask;
        },
        ["put if absent"] = async (_, keys) => await keys.PutIfAbsentAsync("new"u8.ToArray(), new byte[1]),
        ["batch"] = async (engine, keys) =>
        {
            WriteBatch batch = engine.CreateBatch();
            batch.Put(keys, "new", "1");
            batch.Delete(keys, "old");
            await engine.CommitAsync(batch);
        },
        ["conditional batch"] = async (engine, keys) =>
        {
            WriteBatch batch = engine.CreateBatch();
            batch.RequireAbsent(keys, "new"u8);
            batch.Put(keys, "new", "1");
            await engine.TryCommitAsync(batch);
        },
        ["large value"] = async (_, keys) => await keys.PutAsync("new"u8.ToArray(), Payloads.Of(9000, 1)),
    };

    public static TheoryData<string, bool> EveryWrite
    {
        get
        {
            TheoryData<string, bool> all = [];
            foreach (string write in Writes.Keys)
            {
                all.Add(write, true);
                all.Add(write, false);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(EveryWrite))]
    public void A_write_of_an_engine_is_open_on_its_way_and_refused_after_the_fault(
        string write, bool lands)
    {
        SimulatedDisk disk = new(seed: 5);
        EmbeddedEngine engine = disk.OpenEngine(Place);
        disk.Run(async () =>
        {
            EmbeddedKeyspace keys = engine.GetKeyspace("keys");
            await keys.PutAsync("old", "0");
            Break(disk, lands);
            Assert.True((await FaultOfAsync(() => Writes[write](engine, keys))).MayBeWritten);
            disk.Repair();
            foreach (Func<EmbeddedEngine, EmbeddedKeyspace, Task> later in Writes.Values)
            {
                Assert.False((await FaultOfAsync(() => later(engine, keys))).MayBeWritten);
            }
        });
        disk.KillProcess();
        EmbeddedEngine again = disk.OpenEngine(Place);
        using EmbeddedReadView view = again.OpenReadView();
        bool there = view.In(again.GetKeyspace("keys")).TryGetInfo("new"u8, out _);

        // Of a large value the first chunk landed, and nobody refers to it.
        Assert.Equal(lands && write != "large value", there);
        Assert.Equal(
            !(there && write == "batch"),
            view.In(again.GetKeyspace("keys")).TryGetInfo("old"u8, out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_append_is_open_in_a_group_and_refused_in_line_and_after_the_fault(bool lands)
    {
        SimulatedDisk disk = new(seed: 6);
        WriteAheadLog log = disk.OpenLog(Place);
        int open = 0;
        disk.Run(async () =>
        {
            await log.AppendAsync(Payloads.Of(100, 0));
            Break(disk, lands);
            Task<long>[] appends =
            [
                .. Enumerable.Range(1, ManyAppends)
                    .Select(i => log.AppendAsync(Payloads.Of(6000, i)).AsTask()),
            ];
            List<bool> answers = [];
            foreach (Task<long> append in appends)
            {
                answers.Add((await FaultOfAsync(() => append)).MayBeWritten);
            }

            open = answers.Count(a => a);
            Assert.Equal(answers.OrderDescending(), answers);
            Assert.InRange(open, 1, ManyAppends - 1);
            disk.Repair();
            Assert.False((await FaultOfAsync(
                () => log.AppendAsync(new byte[1]).AsTask())).MayBeWritten);
            LogBatch batch = new();
            batch.Add(new byte[1]);
            Assert.False((await FaultOfAsync(
                () => log.AppendBatchAsync(batch).AsTask())).MayBeWritten);
            Assert.False(Assert.Throws<StorageFaultedException>(
                () => log.Append(new byte[1])).MayBeWritten);

            // Of what writes nothing, there is nothing to ask.
            Assert.False((await FaultOfAsync(() => log.FlushAsync().AsTask())).MayBeWritten);
        });
        disk.KillProcess();
        long last = disk.OpenLog(Place).LastSequence;
        Assert.InRange(last, lands ? 2 : 1, lands ? 1 + open : 1);
    }

    [Fact]
    public void A_blocking_append_that_meets_the_fault_is_open()
    {
        SimulatedDisk disk = new(seed: 7);
        WriteAheadLog log = disk.OpenLog(Place);
        Break(disk, lands: true);
        StorageFaultedException fault =
            Assert.Throws<StorageFaultedException>(() => log.Append(new byte[100]));
        Assert.True(fault.MayBeWritten);
        disk.Repair();
        disk.KillProcess();
        Assert.Equal(1, disk.OpenLog(Place).LastSequence);
    }

    /// <summary>The next write of a log file fails, and has landed nevertheless or not.</summary>
    private static void Break(SimulatedDisk disk, bool lands) => disk.Inject(new PlannedFault
    {
        Kinds = OperationKinds.Write,
        PathPart = ".seg",
        BytesWritten = lands ? int.MaxValue : 0,
    });

    private static async Task<StorageFaultedException> FaultOfAsync(Func<Task> write) =>
        await Assert.ThrowsAsync<StorageFaultedException>(write);
}
