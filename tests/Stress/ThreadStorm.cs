using System.Collections.Concurrent;
using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stress.Simulated;

namespace LogEngine.Stress;

/// <summary>
/// One round of everything at once on real threads: an engine, a queue, a blob store and a log, used
/// rightly, wrongly, cancelled, dropped and blocked on, then closed or faulted in the middle of it.
/// </summary>
internal sealed class ThreadStorm(int seed, bool onFiles)
{
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly ConcurrentDictionary<long, string> _promised = [];
    private readonly ConcurrentDictionary<long, byte> _logged = [];
    private EmbeddedEngine _engine = null!;
    private WriteAheadLog _log = null!;
    private DurableQueue _queue = null!;
    private BlobStore _blobs = null!;
    private readonly CancellationTokenSource _over = new();
    private volatile bool _quiet;
    private volatile bool _ending;

    /// <summary>Runs it; gives what went wrong.</summary>
    internal async Task<IReadOnlyCollection<string>> RunAsync()
    {
        using ScratchDirectory scratch = new();
        Random random = new(seed);
        _engine = onFiles
            ? await StorageEngine.OpenAsync(scratch.Path)
            : StorageEngine.OpenInMemory();
        _log = await WriteAheadLog.OpenAsync(scratch.Sibling("wal"));
        _queue = await _engine.OpenQueueAsync("q");
        _blobs = await _engine.OpenBlobsAsync("b", new BlobStoreOptions { ChunkBytes = 4096 });
        await _engine.GetKeyspace("good").PutAsync(new byte[1], default);
        await _engine.GetKeyspace("wrong").PutAsync(new byte[1], default);
        List<(string Who, Task Task)> callers = Start();
        await Task.Delay(random.Next(100, 400));
        if (seed % 3 == 0)
        {
            await CheckWakeUpsAsync(callers);
        }

        bool faults = seed % 4 == 1;
        _ending = true;
        if (faults)
        {
            _engine.Lifetime.Log.Writer.Committer.Fault.Set(new IOException("stormy"));
            _log.Writer.Committer.Fault.Set(new IOException("stormy"));
        }

        await EndAsync("closing the engine", _engine.DisposeAsync().AsTask());
        await _over.CancelAsync();
        await EndAsync("closing the log", _log.DisposeAsync().AsTask());
        foreach ((string who, Task task) in callers)
        {
            await EndAsync(who, task);
        }

        if (onFiles && !faults)
        {
            await CheckReopenedAsync(scratch.Path);
        }

        return _problems;
    }

    private List<(string Who, Task Task)> Start()
    {
        List<(string, Task)> callers = [];
        void Call(string who, int count, Func<Random, Task> caller)
        {
            for (int i = 0; i < count; i++)
            {
                Random own = new((seed * 1000) + callers.Count);
                callers.Add((who, Task.Run(() => caller(own))));
            }
        }

        Call("writer", 4, WriteAsync);
        Call("blocking writer", 2, BlockAsync);
        Call("wrong user", 2, WrongAsync);
        Call("canceller", 2, CancelAsync);
        Call("dropper", 1, DropAsync);
        Call("blobs", 1, BlobsAsync);
        Call("sender", 2, SendAsync);
        Call("receiver", 3, ReceiveAsync);
        Call("impatient receiver", 2, ReceiveBrieflyAsync);
        Call("logger", 3, AppendAsync);
        Call("follower", 2, FollowAsync);
        return callers;
    }

    /// <summary>A wait that does not end is what this is about; so is an error nobody may expect.</summary>
    private async Task EndAsync(string who, Task task)
    {
        try
        {
            await task.WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch (TimeoutException)
        {
            Fail($"{who} does not end");
        }
        catch (Exception error) when (error is ObjectDisposedException or StorageFaultedException
            or OperationCanceledException or LeaseLostException)
        {
            // What the end of an engine comes to.
        }
        catch (Exception error)
        {
            Fail($"{who}: {error}");
        }
    }

    /// <summary>
    /// Once nobody sends any more and receivers wait for ever, no message may be left: a wake-up that
    /// somebody did not use was passed on.
    /// </summary>
    private async Task CheckWakeUpsAsync(List<(string Who, Task Task)> callers)
    {
        _quiet = true;
        foreach ((string who, Task task) in callers)
        {
            if (who is "sender" or "impatient receiver")
            {
                await EndAsync(who, task);
            }
        }

        for (int look = 0; _queue.Statistics.Ready > 0; look++)
        {
            if (look == 1000)
            {
                Fail($"{_queue.Statistics.Ready} messages lie there, and receivers wait");
                return;
            }

            await Task.Delay(10);
        }
    }

    private async Task CheckReopenedAsync(string path)
    {
        await using EmbeddedEngine again = await StorageEngine.OpenAsync(path);
        EmbeddedKeyspace good = again.GetKeyspace("good");
        foreach ((long version, string key) in _promised)
        {
            using StoredValue? value = await good.GetAsync(Key(key));
            if (value?.Version != version)
            {
                Fail($"'{key}' was acknowledged as {version}, and is {value?.Version}");
            }
        }
    }

    private async Task WriteAsync(Random random)
    {
        EmbeddedKeyspace good = _engine.GetKeyspace("good");
        for (int i = 0; !_ending; i++)
        {
            string key = $"{random.Next()}-{i}";
            Acknowledged(await good.PutAsync(Key(key), new byte[random.Next(300)]), key);
        }
    }

    private Task BlockAsync(Random random)
    {
        EmbeddedKeyspace good = _engine.GetKeyspace("good");
        for (int i = 0; !_ending; i++)
        {
            string key = $"{random.Next()}-{i}";
            long version = (i & 1) == 0
                ? good.Put(Key(key), new byte[10])
                : good.PutAsync(Key(key), new byte[10]).AsTask().GetAwaiter().GetResult();
            Acknowledged(version, key);
        }

        return Task.CompletedTask;
    }

    private void Acknowledged(long version, string key)
    {
        if (!_promised.TryAdd(version, key))
        {
            Fail($"version {version} was given twice");
        }

        if (_engine.DurableSequence < version)
        {
            Fail($"version {version} is acknowledged before it is durable");
        }
    }

    private async Task WrongAsync(Random random)
    {
        EmbeddedKeyspace wrong = _engine.GetKeyspace("wrong");
        while (!_ending)
        {
            int way = random.Next(WrongUse.Ways);
            switch (random.Next(3))
            {
                case 0:
                    Misuse(wrong.PutAsync(new byte[2], new byte[10]), way);
                    break;
                case 1:
                    Misuse(wrong.DeleteAsync(new byte[2]), way);
                    break;
                default:
                    Misuse(_log.AppendAsync(new byte[10]), way);
                    break;
            }

            await Task.Yield();
        }
    }

    private void Misuse(ValueTask<long> task, int way)
    {
        if (!WrongUse.IsPending(task))
        {
            return;
        }

        (Task? outcome, string? problem) = WrongUse.Do(task, way);
        outcome?.ContinueWith(
            static ended => ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);

        // It may have become complete meanwhile, or have failed with the engine.
        if (problem is not null && !_ending
            && !problem.EndsWith("nothing was thrown", StringComparison.Ordinal))
        {
            Fail($"wrong use {way}: {problem}");
        }
    }

    private async Task CancelAsync(Random random)
    {
        EmbeddedKeyspace good = _engine.GetKeyspace("good");
        for (int i = 0; !_ending; i++)
        {
            string key = $"{random.Next()}-{i}";
            using CancellationTokenSource cancel = new();
            Task<long> put = good.PutAsync(
                Key(key),
                new byte[random.Next(4) == 0 ? 300_000 : 10],
                cancellationToken: cancel.Token).AsTask();
            Thread.SpinWait(random.Next(20_000));
            await cancel.CancelAsync();
            try
            {
                Acknowledged(await put, key);
            }
            catch (AppendCanceledException)
            {
                // As it was asked to.
            }
        }
    }

    private async Task DropAsync(Random random)
    {
        EmbeddedKeyspace dropped = _engine.GetKeyspace("dropped");
        while (!_ending)
        {
            await dropped.PutAsync(new byte[1], new byte[1], Durability.ProcessCrash);
            Task<ConditionalResult> put = Task.Run(() => dropped.PutIfAbsentAsync(
                new byte[1], new byte[random.Next(300)], Durability.ProcessCrash).AsTask());
            Task<bool> drop = Task.Run(() => _engine
                .DropKeyspaceAsync("dropped", Durability.ProcessCrash).AsTask());
            await Task.WhenAll(put, drop);
            ConditionalResult result = await put;
            using StoredValue? shown = await dropped.GetAsync(new byte[1]);
            if ((shown?.Version ?? 0) != (result.Applied ? result.Version : 0))
            {
                Fail($"applied {result.Applied} as {result.Version}, shown {shown?.Version}");
            }

            await _engine.DropKeyspaceAsync("dropped", Durability.ProcessCrash);
        }
    }

    private async Task BlobsAsync(Random random)
    {
        while (!_ending)
        {
            byte[] content = new byte[20_000];
            random.NextBytes(content);
            using CancellationTokenSource cancel = new();
            Task put = _blobs.PutAsync(
                new MemoryStream(content),
                new BlobDescription("text/plain"),
                cancellationToken: cancel.Token).AsTask();
            Thread.SpinWait(random.Next(50_000));
            await cancel.CancelAsync();
            try
            {
                await put;
            }
            catch (OperationCanceledException)
            {
                // As it was asked to.
            }
        }
    }

    private async Task SendAsync(Random random)
    {
        while (!_ending && !_quiet)
        {
            await _queue.EnqueueAsync(new QueueMessage(new byte[random.Next(100)]));
        }
    }

    private async Task ReceiveAsync(Random random)
    {
        while (true)
        {
            QueueDelivery? delivery = await _queue.ReceiveAsync(
                Timeout.InfiniteTimeSpan, cancellationToken: _over.Token);
            if (delivery is null)
            {
                return;
            }

            await _queue.AcknowledgeAsync(delivery.Lease, Durability.ProcessCrash);
        }
    }

    /// <summary>Leaves the line at any moment, that of its wake-up included.</summary>
    private async Task ReceiveBrieflyAsync(Random random)
    {
        while (!_ending && !_quiet)
        {
            using CancellationTokenSource cancel = new();
            Task<QueueDelivery?> receive = _queue.ReceiveAsync(
                TimeSpan.FromMinutes(1), cancellationToken: cancel.Token).AsTask();
            Thread.SpinWait(random.Next(20_000));
            await cancel.CancelAsync();
            try
            {
                if (await receive is { } delivery)
                {
                    await _queue.AcknowledgeAsync(delivery.Lease, Durability.ProcessCrash);
                }
            }
            catch (OperationCanceledException)
            {
                // As it was asked to.
            }
        }
    }

    private async Task AppendAsync(Random random)
    {
        LogBatch batch = new();
        while (!_ending)
        {
            long sequence;
            if (random.Next(3) == 0)
            {
                batch.Clear();
                batch.Add(new byte[random.Next(100)]);
                batch.Add(new byte[random.Next(100)]);
                sequence = (await _log.AppendBatchAsync(batch)).Last;
            }
            else
            {
                sequence = await _log.AppendAsync(new byte[random.Next(300)]);
            }

            if (!_logged.TryAdd(sequence, 0) || _log.DurableSequence < sequence)
            {
                Fail($"record {sequence} was given twice or acknowledged too early");
            }
        }
    }

    private async Task FollowAsync(Random random)
    {
        using LogReader reader = _log.OpenReader(1, new LogReaderOptions { Follow = true });
        long next = 1;
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out StoredRecord record))
            {
                if (record.Sequence != next++)
                {
                    Fail($"record {record.Sequence} follows {next - 2}");
                    return;
                }
            }
        }
    }

    private void Fail(string problem) => _problems.Enqueue($"round {seed}: {problem}");

    private static byte[] Key(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
