using System.Text;
using LogEngine.Stores;
using LogEngine.Testing;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.Stress.Simulated;

/// <summary>
/// One seeded run of callers who do everything to one engine at once: write rightly, use their tasks
/// wrongly, cancel, drop what others write to, put large values and blobs; then it is closed, or its
/// disk fails, in the middle of it. Checks that every acknowledgement is true, that nobody gets
/// another's outcome, that every wait ends, and that nothing is left behind.
/// </summary>
internal sealed class EngineStorm
{
    private const string Directory = "/storm";
    private const int Rounds = 24;

    private static readonly StorageEngineOptions Options = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 1 << 20,
        SnapshotBudgetBytes = StorageEngineOptions.MaxSnapshotBudgetBytes,
        CompactionThreshold = 1,
    };

    private readonly SimulatedMachine _machine;
    private readonly Random _random;
    private readonly int _seed;
    private readonly List<string> _problems = [];
    private readonly List<(string Who, Task Task)> _callers = [];
    private readonly List<CancellationTokenSource> _cancels = [];
    private readonly Dictionary<string, long> _promised = [];
    private readonly HashSet<long> _versions = [];
    private readonly HashSet<string> _neverWritten = [];
    private EmbeddedEngine _engine = null!;
    private bool _ending;

    /// <summary>Callers were in the middle of something when the engine was closed.</summary>
    private bool _endedEarly;

    private EngineStorm(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _machine = new SimulatedMachine(new SimulatedFileSystem(), seed);
    }

    /// <summary>What went wrong; empty where all went well.</summary>
    internal static IReadOnlyList<string> Run(int seed)
    {
        // A test runner's context would take continuations away from the simulation's one thread.
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return new EngineStorm(seed).Run();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private List<string> Run()
    {
        try
        {
            _engine = _machine.OpenEngine(Directory, Options);
            foreach (string name in (string[])["good", "wrong"])
            {
                _machine.Wait(_engine.GetKeyspace(name).PutAsync(Key("first"), default).AsTask());
            }

            BlobStore blobs = _machine.Wait(_engine.OpenBlobsAsync("b", new BlobStoreOptions { ChunkBytes = 4096 }).AsTask());
            Start(blobs);
            Disturb();
            End();
            CheckAfterwards();
        }
        catch (Exception error)
        {
            Fail(error.ToString());
        }

        return _problems;
    }

    private void Start(BlobStore blobs)
    {
        for (int i = 0; i < 4; i++)
        {
            int writer = i;
            Call("writer", () => WriteAsync(writer));
        }

        Call("wrong user", WrongAsync);
        Call("wrong user", WrongAsync);
        Call("canceller", CancelAsync);
        Call("dropper", DropAsync);
        Call("blobs", () => BlobsAsync(blobs));
        Call("flusher", FlushAsync);
    }

    /// <summary>Work in a random order, with cancels and now and then a broken disk in between.</summary>
    private void Disturb()
    {
        int breaks = _seed % 3 == 0 ? _random.Next(20, 400) : int.MaxValue;
        int ends = _seed % 2 == 0 ? _random.Next(50, 800) : int.MaxValue;
        for (int step = 0; step < ends && _callers.Exists(c => !c.Task.IsCompleted); step++)
        {
            if (step == breaks)
            {
                _machine.Disk.Faults.Add(new PlannedFault
                {
                    Kinds = _random.Next(2) == 0 ? OperationKinds.Write : OperationKinds.DataSync,
                    PathPart = ".seg",
                    Sticky = true,
                });
            }

            if (_random.Next(8) == 0 && _cancels.Count > 0)
            {
                _cancels[_random.Next(_cancels.Count)].Cancel();
            }

            if (!_machine.Scheduler.RunOne())
            {
                // Only time is left to pass, or nothing: then whoever waits waits for ever.
                _machine.Scheduler.RunUntil(
                    () => _callers.TrueForAll(c => c.Task.IsCompleted), "what the callers wait for");
            }
        }
    }

    private void End()
    {
        _ending = true;
        _endedEarly = _callers.Exists(c => !c.Task.IsCompleted);
        Task closing = _engine.CloseAsync().AsTask();
        _machine.Scheduler.RunUntil(() => closing.IsCompleted, "closing");
        if (closing.Exception?.InnerException is { } error and not StorageFaultedException)
        {
            Fail($"closing: {error}");
        }

        _machine.Scheduler.RunUntil(
            () => _callers.TrueForAll(c => c.Task.IsCompleted),
            "a wait of a caller, the engine being closed: "
                + string.Join(' ', _callers.Where(c => !c.Task.IsCompleted).Select(c => c.Who)));
        foreach ((string who, Task task) in _callers)
        {
            if (task.Exception?.InnerException is { } thrown && !IsTheEnd(thrown))
            {
                Fail($"{who}: {thrown}");
            }
        }
    }

    private void CheckAfterwards()
    {
        bool faulted = _engine.Faulted.IsCompleted;
        _machine.Disk.Faults.Clear();
        EmbeddedEngine again = _machine.OpenEngine(Directory, Options);
        EmbeddedKeyspace good = again.GetKeyspace("good");
        foreach ((string key, long version) in _promised)
        {
            long found = VersionOf(good, key);
            if (found != version)
            {
                Fail($"'{key}' was acknowledged as {version} and is {found} after reopening");
            }
        }

        foreach (string key in _neverWritten)
        {
            if (VersionOf(good, key) != 0)
            {
                Fail($"'{key}' was said to be certainly not written, and is there");
            }
        }

        if (!faulted && !_endedEarly)
        {
            // Not of those whom the end kept from cleaning up: the next open of the store does it.
            using EmbeddedKeyScan left = again.GetStoreKeyspace("blobs/b")
                .Scan(new ScanRange(new byte[] { 7 }, new byte[] { 8 }));
            if (left.MoveNext())
            {
                Fail("an upload has left its mark");
            }
        }

        _machine.Scheduler.RunToIdle();
        if (EngineAudit.Violation(again, swept: true) is { } problem)
        {
            Fail(problem);
        }

        _machine.Discard(again);
    }

    private void Call(string who, Func<Task> caller) => _callers.Add((who, caller()));

    private async Task WriteAsync(int writer)
    {
        EmbeddedKeyspace good = _engine.GetKeyspace("good");
        for (int i = 0; i < Rounds && !_ending; i++)
        {
            string key = $"{writer}-{i}";
            byte[] value = new byte[_random.Next(3000)];
            long version;
            if (_random.Next(4) == 0)
            {
                WriteBatch batch = _engine.CreateBatch();
                batch.Put(good, Key(key), value);

                // Most of a group, so that others stand in line; or more than one.
                for (int other = _random.Next(10, 20); other > 0; other--)
                {
                    batch.Put(_engine.GetKeyspace("filled"), Key($"{writer}-{other}"), new byte[900]);
                }

                version = (await _engine.CommitAsync(batch)).First;
            }
            else
            {
                version = await good.PutAsync(Key(key), value);
            }

            Acknowledged(good, key, version);
            if (_random.Next(3) == 0)
            {
                await Turn.Of(_machine.Scheduler);
            }
        }
    }

    private void Acknowledged(EmbeddedKeyspace keyspace, string key, long version)
    {
        _promised[key] = version;
        if (!_versions.Add(version))
        {
            Fail($"version {version} was given twice, now to '{key}'");
        }

        if (_engine.DurableSequence < version)
        {
            Fail($"'{key}' is acknowledged as {version}, durable is {_engine.DurableSequence}");
        }

        if (!_ending && VersionOf(keyspace, key) is var shown && shown != version)
        {
            Fail($"'{key}' is acknowledged as {version} and shown as {shown}");
        }
    }

    private async Task WrongAsync()
    {
        EmbeddedKeyspace wrong = _engine.GetKeyspace("wrong");
        Queue<ValueTask<long>> kept = new();
        for (int i = 0; i < Rounds * 2 && !_ending; i++)
        {
            ValueTask<long> task = _random.Next(3) == 0
                ? wrong.DeleteAsync(Key($"{i}"))
                : wrong.PutAsync(Key($"{i}"), new byte[_random.Next(500)]);
            if (!WrongUse.IsPending(task))
            {
                await task;
                continue;
            }

            (Task<long>? outcome, string? problem) =
                WrongUse.Do(task, _random.Next(WrongUse.Ways));
            Note(problem);
            if (outcome is not null)
            {
                long version = await outcome;
                if (version <= 0 || !_versions.Add(version))
                {
                    Fail($"the wrong user got version {version}, which is another's");
                }

                kept.Enqueue(task);
            }

            if (kept.Count > 4)
            {
                Note(WrongUse.AskLater(kept.Dequeue()));
            }

            await Turn.Of(_machine.Scheduler);
        }
    }

    private async Task CancelAsync()
    {
        EmbeddedKeyspace good = _engine.GetKeyspace("good");
        for (int i = 0; i < Rounds && !_ending; i++)
        {
            string key = $"cancelled-{i}";
            using CancellationTokenSource cancel = new();
            _cancels.Add(cancel);
            try
            {
                // Some in chunks, some with a condition.
                byte[] value = new byte[_random.Next(4) == 0 ? 9000 : 100];
                long version = _random.Next(2) == 0
                    ? await good.PutAsync(Key(key), value, cancellationToken: cancel.Token)
                    : (await good.PutIfAbsentAsync(
                        Key(key), value, cancellationToken: cancel.Token)).Version;
                Acknowledged(good, key, version);
            }
            catch (AppendCanceledException error)
            {
                if (!error.MayBeWritten)
                {
                    _neverWritten.Add(key);
                }
            }
            finally
            {
                _cancels.Remove(cancel);
            }
        }
    }

    /// <summary>
    /// The key is there before: a put that requires its absence and is applied comes behind the
    /// drop, so it must be there; one that is refused comes before, so nothing may be.
    /// </summary>
    private async Task DropAsync()
    {
        EmbeddedKeyspace dropped = _engine.GetKeyspace("dropped");
        for (int i = 0; i < Rounds && !_ending; i++)
        {
            await dropped.PutAsync(Key("k"), new byte[_random.Next(2) == 0 ? 9000 : 10]);
            Task<ConditionalResult>? put = null;
            Task<bool>? drop = null;
            bool putFirst = _random.Next(2) == 0;
            byte[] value = new byte[_random.Next(2) == 0 ? 9000 : 10];
            Task<long> beside = dropped.PutAsync(Key("beside"), new byte[9000]).AsTask();
            for (int turn = 0; turn < 2; turn++)
            {
                if (putFirst == (turn == 0))
                {
                    put = dropped.PutIfAbsentAsync(Key("k"), value).AsTask();
                }
                else
                {
                    drop = _engine.DropKeyspaceAsync("dropped").AsTask();
                }

                if (_random.Next(2) == 0)
                {
                    await Turn.Of(_machine.Scheduler);
                }
            }

            await Task.WhenAll(put!, drop!, beside);
            ConditionalResult result = put!.Result;
            long shown = _ending ? -1 : VersionOf(dropped, "k");
            if (shown >= 0 && shown != (result.Applied ? result.Version : 0))
            {
                Fail($"beside a drop: applied {result.Applied} as {result.Version}, shown {shown}");
            }
        }
    }

    private async Task BlobsAsync(BlobStore blobs)
    {
        for (int i = 0; i < Rounds / 2 && !_ending; i++)
        {
            using CancellationTokenSource cancel = new();
            _cancels.Add(cancel);
            byte[] content = new byte[10_000 + i];
            content[0] = (byte)i;
            try
            {
                StoredBlob put = await blobs.PutAsync(
                    new MemoryStream(content),
                    new BlobDescription("text/plain"),
                    cancellationToken: cancel.Token);
                if (!_ending && !blobs.Contains(put.Id))
                {
                    Fail($"blob {put.Id} is acknowledged and not there");
                }
            }
            catch (OperationCanceledException)
            {
                // Nothing of it may stay, unless it was published.
            }
            finally
            {
                _cancels.Remove(cancel);
            }
        }
    }

    private async Task FlushAsync()
    {
        for (int i = 0; i < Rounds && !_ending; i++)
        {
            long before = _engine.VisibleSequence;
            await _machine.Scheduler.Until(_engine.FlushAsync().AsTask());
            if (_engine.DurableSequence < before)
            {
                Fail($"flushed, and {before} is not durable");
            }

            await Turn.Of(_machine.Scheduler);
        }
    }

    /// <summary>An error that a caller must expect of an engine that was closed or has faulted.</summary>
    private bool IsTheEnd(Exception error) => error switch
    {
        StorageFaultedException or StorageIOException => _seed % 3 == 0,
        ObjectDisposedException => _ending,
        AggregateException all => all.InnerExceptions.All(IsTheEnd),
        _ => false,
    };

    private static long VersionOf(EmbeddedKeyspace keyspace, string key) =>
        keyspace.TryGet(Key(key), new System.Buffers.ArrayBufferWriter<byte>(), out ValueInfo info)
            ? info.Version
            : 0;

    private void Note(string? problem)
    {
        if (problem is not null)
        {
            Fail(problem);
        }
    }

    private void Fail(string problem) => _problems.Add($"seed {_seed}: {problem}");

    private static byte[] Key(string text) => Encoding.UTF8.GetBytes(text);
}
