using System.Diagnostics;
using LogEngine.Stores.Queues;
using Xunit.Abstractions;

namespace LogEngine.Stress;

/// <summary>The whole pool is held; nothing else may run beside it.</summary>
[CollectionDefinition(nameof(BlockedPoolTests), DisableParallelization = true)]
public sealed class PoolAlone;

/// <summary>
/// Case A13: 300 pool tasks that block until a write is complete. The completions stood in the pool's
/// line behind callers that had yet to block: nothing was complete for 52 to 73 s.
/// </summary>
[Collection(nameof(BlockedPoolTests))]
public sealed class BlockedPoolTests(ITestOutputHelper output)
{
    private const int Callers = 300;

    [Theory]
    [InlineData("put, blocked on")]
    [InlineData("delete, blocked on")]
    [InlineData("enqueue, blocked on")]
    [InlineData("commit, blocked on")]
    [InlineData("Put")]
    public async Task Callers_who_block_the_pool_are_released_without_it(string what)
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutAsync(new byte[1], default);
        DurableQueue queue = await engine.OpenQueueAsync("q");
        Action<int> write = what switch
        {
            "put, blocked on" => i => keyspace
                .PutAsync(BitConverter.GetBytes(i), new byte[100]).AsTask().GetAwaiter().GetResult(),
            "delete, blocked on" => i => keyspace
                .DeleteAsync(BitConverter.GetBytes(i)).AsTask().GetAwaiter().GetResult(),
            "enqueue, blocked on" => i => queue
                .EnqueueAsync(new QueueMessage(new byte[10])).AsTask().GetAwaiter().GetResult(),
            "commit, blocked on" => i =>
            {
                WriteBatch batch = engine.CreateBatch();
                batch.Put(keyspace, BitConverter.GetBytes(i), new byte[100]);
                engine.CommitAsync(batch).AsTask().GetAwaiter().GetResult();
            }
            ,
            _ => i => keyspace.Put(BitConverter.GetBytes(i), new byte[100]),
        };
        Stopwatch watch = Stopwatch.StartNew();
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int left = Callers;
        for (int i = 0; i < Callers; i++)
        {
            int number = i;
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    write(number);
                    if (Interlocked.Decrement(ref left) == 0)
                    {
                        done.SetResult();
                    }
                },
                null);
        }

        await done.Task.Soon();
        output.WriteLine($"{what}: {Callers} callers in {watch.ElapsedMilliseconds} ms");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(15), $"{watch.Elapsed}");
        await queue.DisposeAsync();
    }
}
