using System.Collections.Concurrent;
using LogEngine.Stores.Queues;
using LogEngine.Stress.Simulated;

namespace LogEngine.Stress;

/// <summary>
/// Case A1: a result asked for before it was there took the object behind the task back to its pool
/// while it still stood in a group. Others hung, were acknowledged early, or got another's sequence.
/// </summary>
public sealed class MisuseTests
{
    private const int Writers = 8;
    private const int Puts = 150;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_wrong_use_of_an_append_is_refused_and_harms_nobody(int way)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path);
        int refused = await BesideWritersAsync(
            async i => await log.AppendAsync(new byte[i % 300]),
            () => log.DurableSequence,
            () => WrongUse.IsPending(log.AppendAsync(new byte[10])) ? 1 : 0,
            () => Misuse(log.AppendAsync(new byte[20]), way));
        Assert.True(refused > 0, "no append was pending when it was misused");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_wrong_use_of_an_appended_batch_harms_nobody(int way)
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path);
        await BesideWritersAsync(
            async i => await log.AppendAsync(new byte[i % 300]),
            () => log.DurableSequence,
            () => 1,
            () =>
            {
                LogBatch batch = new();
                batch.Add(new byte[10]);
                batch.Add(new byte[20]);
                return Misuse(log.AppendBatchAsync(batch), way);
            });
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 3)]
    [InlineData(false, 0)]
    [InlineData(false, 2)]
    [InlineData(false, 4)]
    public async Task A_wrong_use_of_a_put_or_delete_harms_nobody(bool onFiles, int way)
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = onFiles
            ? await StorageEngine.OpenAsync(scratch.Path)
            : StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync(new byte[1], default);
        int odd = 0;
        await BesideWritersAsync(
            async i => await keyspace.PutAsync(BitConverter.GetBytes(i), new byte[i % 300]),
            () => engine.DurableSequence,
            () => 1,
            () => Misuse(
                (odd++ & 1) == 0
                    ? keyspace.PutAsync(new byte[2], new byte[20])
                    : keyspace.DeleteAsync(new byte[2]),
                way));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_wrong_use_of_a_queues_tasks_harms_nobody(int way)
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await using DurableQueue queue = await engine.OpenQueueAsync("q");
        await using DurableQueue other = await engine.OpenQueueAsync("other");
        ConcurrentDictionary<long, int> delivered = [];
        Task[] right =
        [
            .. Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
            {
                for (int i = 0; i < Puts / 3; i++)
                {
                    EnqueueResult sent = await queue.EnqueueAsync(
                        new QueueMessage(new byte[20])).Soon();
                    Assert.True(delivered.TryAdd(-sent.Id, 0), "an id given twice");
                    QueueDelivery? got = await queue.TryReceiveAsync().Soon();
                    Assert.NotNull(got);
                    Assert.True(delivered.TryAdd(got.Id, 0), "a message delivered twice");
                    await queue.AcknowledgeAsync(got.Lease).Soon();
                }
            })),
        ];
        Task all = Task.WhenAll(right);
        while (!all.IsCompleted)
        {
            QueueMessage message = new(new byte[10]);
            Note(Misuse(other.EnqueueAsync(message, Durability.PowerLoss), way));
            Note(Misuse(other.TryReceiveAsync(), way));
            await Task.Yield();
        }

        await all.Soon();
        Assert.Equal(2 * Writers * (Puts / 3), delivered.Count);
    }

    [Fact]
    public async Task An_object_is_not_used_again_once_its_numbers_are_at_an_end()
    {
        // A token has 16 bits: a task kept for 65,536 uses would fit again.
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync(new byte[1], default);
        ValueTask<long> kept = keyspace.PutAsync(new byte[1], default, Durability.ProcessCrash);
        if (WrongUse.IsPending(kept))
        {
            await kept;
            for (int i = 0; i < 70_000; i++)
            {
                await keyspace.PutAsync(new byte[1], default, Durability.ProcessCrash);
                Assert.Null(WrongUse.AskLater(kept));
            }
        }
    }

    [Fact]
    public async Task A_batch_cannot_change_while_it_is_appended()
    {
        // What is reserved for it lies between other callers' records.
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path);
        int refused = 0;
        for (int round = 0; round < 200; round++)
        {
            LogBatch batch = new();
            batch.Add(new byte[100]);
            ValueTask<SequenceRange> append = log.AppendBatchAsync(batch);
            bool pending = !append.IsCompleted;
            try
            {
                batch.Clear();
                batch.Add(new byte[300]);
            }
            catch (InvalidOperationException)
            {
                refused++;
                Assert.True(pending);
            }

            await append.Soon();
            batch.Clear();
        }

        Assert.True(refused > 0);
        using LogReader reader = log.OpenReader(1);
        for (int i = 0; i < 200; i++)
        {
            Assert.True(reader.TryRead(out StoredRecord record));
            Assert.Equal(100, record.Payload.Length);
        }
    }

    [Fact]
    public async Task A_batch_committed_by_two_at_once_is_committed_once()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int round = 0; round < 200; round++)
        {
            WriteBatch batch = engine.CreateBatch();
            batch.Put(keyspace, new byte[1], new byte[10]);
            using Barrier together = new(2);
            Task<bool>[] both =
            [
                .. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
                {
                    together.SignalAndWait();
                    try
                    {
                        await engine.CommitAsync(batch, Durability.ProcessCrash);
                        return true;
                    }
                    catch (InvalidOperationException)
                    {
                        return false;
                    }
                })),
            ];
            bool[] committed = await Task.WhenAll(both).Soon();
            Assert.Single(committed, done => done);
        }
    }

    /// <summary>Eight callers who await rightly, and one beside them who does not.</summary>
    private static async Task<int> BesideWritersAsync(
        Func<int, Task<long>> write, Func<long> durable, Func<int> pending, Func<string?> misuse)
    {
        ConcurrentDictionary<long, int> sequences = [];
        int numbers = 0;
        Task writers = Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < Puts; i++)
            {
                long sequence = await write(Interlocked.Increment(ref numbers)).Soon();
                Assert.True(sequences.TryAdd(sequence, 0), "a sequence given twice");
                Assert.True(durable() >= sequence, "acknowledged before it is durable");
            }
        })));
        int used = 0;
        while (!writers.IsCompleted)
        {
            used += pending();
            Note(misuse());
            await Task.Yield();
        }

        await writers.Soon();
        return used;
    }

    private static string? Misuse<T>(ValueTask<T> task, int way)
    {
        if (!WrongUse.IsPending(task))
        {
            return null;
        }

        (_, string? problem) = WrongUse.Do(task, way);

        // It may have been completed between the two looks: then its result was there.
        return problem is not null && problem.EndsWith("nothing was thrown", StringComparison.Ordinal)
            ? null
            : problem;
    }

    private static void Note(string? problem) => Assert.Null(problem);
}
