using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Storage;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>One step of <see cref="GrowthSuite"/>, in a process of its own; prints names and figures.</summary>
internal sealed class GrowthChild
{
    /// <summary>Hidden verb.</summary>
    internal const string Verb = "growth-step";

    /// <summary>The step that leaves a closed store.</summary>
    internal const string FillStep = "fill";

    /// <summary>The step that ends with a kill.</summary>
    internal const string KilledStep = "kill";

    private const long FillBatchBytes = 4L << 20;
    private const int UpdateBatch = 100;
    private const int BatchesInFlight = 8;
    private const long MostUpdateBytes = 1L << 30;

    private readonly EmbeddedEngine _engine;
    private readonly EmbeddedKeyspace _keyspace;
    private readonly Settings _settings;
    private readonly StoreValues _values;
    private long _updateBytes;
    private long _beforeUpdates;

    private GrowthChild(EmbeddedEngine engine, Settings settings)
    {
        _engine = engine;
        _keyspace = engine.GetKeyspace("bench");
        _settings = settings;
        _values = new StoreValues(settings.Payload);
    }

    /// <summary>
    /// Filled, updated and closed; opened, writers beside snapshots, updated behind the last one and killed;
    /// opened again.
    /// </summary>
    internal static IReadOnlyList<string> Steps { get; } = [FillStep, KilledStep, "open"];

    internal static async Task<int> RunAsync(string[] args)
    {
        Settings settings = Settings.From(args[2..]);

        // What every process pays once, however much there is to open, is not what grows.
        await using (EmbeddedEngine warm = StorageEngine.OpenInMemory())
        {
            await warm.GetKeyspace("bench").PutAsync(new byte[StoreKeys.Length], new byte[1]);
        }

        long started = Stopwatch.GetTimestamp();
        EmbeddedEngine engine = await StorageEngine.OpenAsync(
            args[1], new StorageEngineOptions { CacheBytes = settings.CacheBytes });
        GrowthChild child = new(engine, settings);
        if (args[0] != FillStep)
        {
            child.ReadOne();
            Tell(
                args[0] == KilledStep ? "open_ms" : "open_killed_ms",
                Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        switch (args[0])
        {
            case FillStep:
                await child.FillAsync();
                await child.UpdateAsync();
                await DiskSamples.UntilAtRestAsync(args[1], settings.Settle);
                break;
            case KilledStep:
                // Before anything is written or read: what a store costs that is only there.
                using (Process self = Process.GetCurrentProcess())
                {
                    Tell("process_bytes", self.WorkingSet64);
                }

                Tell("index_bytes", engine.Statistics.IndexBytes);
                await child.SnapshotsAsync();
                await child.TailAsync();
                Console.Out.Flush();
                Process.GetCurrentProcess().Kill();
                break;
            default:
                break;
        }

        await engine.DisposeAsync();
        if (args[0] == FillStep)
        {
            child.TellWritten();
        }

        return 0;
    }

    /// <summary>A figure for the parent; none where nothing was counted.</summary>
    private static void Tell(string name, double? value)
    {
        if (value is { } figure)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{figure}"));
        }
    }

    private void ReadOne()
    {
        ArrayBufferWriter<byte> value = new();
        byte[] key = new byte[StoreKeys.Length];
        StoreKeys.Write(key, StoreKeys.Of(0));
        if (!_keyspace.TryGet(key, value, out _)
            || !_values.IsRight(value.WrittenSpan, StoreKeys.Of(0))
            || _keyspace.Count != _settings.Keys)
        {
            throw new InvalidDataException("What was put is not what was opened.");
        }
    }

    /// <summary>In ascending order, as a bulk load would.</summary>
    private async Task FillAsync()
    {
        ulong[] keys = StoreKeys.Ascending(_settings.Keys);
        long before = ProcessIo.BytesWritten();
        long started = Stopwatch.GetTimestamp();
        int batch = (int)Math.Max(1, FillBatchBytes / (_settings.Payload + StoreKeys.Length));
        Queue<Task> inFlight = [];
        for (int done = 0; done < keys.Length; done += batch)
        {
            if (inFlight.Count == BatchesInFlight)
            {
                await inFlight.Dequeue();
            }

            inFlight.Enqueue(CommitAsync(
                keys.AsSpan(done, Math.Min(batch, keys.Length - done))));
        }

        await Task.WhenAll(inFlight);
        await _engine.FlushAsync();
        Tell("fill_s", Stopwatch.GetElapsedTime(started).TotalSeconds);
        Tell("fill_written", ProcessIo.BytesWritten() - before);
    }

    private async Task UpdateAsync()
    {
        long record = _settings.Payload + StoreKeys.Length;
        _beforeUpdates = ProcessIo.BytesWritten();
        _updateBytes = await UpdateAsync(
            Math.Min(MostUpdateBytes, Math.Min(_settings.Updates, _settings.Keys) * record));
    }

    /// <summary>Closing included: what is written late counts too.</summary>
    private void TellWritten()
    {
        Tell("update_written", ProcessIo.BytesWritten() - _beforeUpdates);
        Tell("update_bytes", _updateBytes);
    }

    /// <summary>Updates of random keys; gives the bytes of their keys and values.</summary>
    private async Task<long> UpdateAsync(long bytes)
    {
        RandomKeys random = new(seed: 1, _settings.Keys);
        ulong[] keys = new ulong[UpdateBatch];
        Queue<Task> inFlight = [];
        long done = 0;
        while (done < bytes)
        {
            if (inFlight.Count == BatchesInFlight)
            {
                await inFlight.Dequeue();
            }

            random.Fill(keys);
            inFlight.Enqueue(CommitAsync(keys));
            done += UpdateBatch * (long)(_settings.Payload + StoreKeys.Length);
        }

        await Task.WhenAll(inFlight);
        return done;
    }

    /// <summary>Puts of single values, at first by themselves, then beside one snapshot after the other.</summary>
    private async Task SnapshotsAsync()
    {
        Load load = new(_settings.Writers);
        Task writers = Task.WhenAll(Enumerable.Range(0, _settings.Writers)
            .Select(worker => Task.Run(() => PutUntilStoppedAsync(load, worker))));
        Window calm = load.MeasureAfter(TimeSpan.FromSeconds(_settings.Seconds / 4), _settings.Length);
        List<double> times = [];
        using CancellationTokenSource end = new();
        Task snapshots = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                long written = _engine.Statistics.SnapshotsWritten;
                long started = Stopwatch.GetTimestamp();
                await _engine.SnapshotAsync(CancellationToken.None).ConfigureAwait(false);
                if (_engine.Statistics.SnapshotsWritten > written)
                {
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
                else
                {
                    // Nothing was put since the last one: the writers wait for the disk.
                    await Task.Delay(1, CancellationToken.None).ConfigureAwait(false);
                }
            }
        });
        Window beside = load.Measure(_settings.Length);
        await end.CancelAsync();
        await snapshots;
        await Appenders.StopAsync(load, writers);
        Tell("snapshot_ms", Medians.Of(times.Select(time => (double?)time)));
        Tell("snapshots", times.Count);
        Tell("calm_p99_us", calm.P99);
        Tell("snapshot_p99_us", beside.P99);
    }

    private async Task PutUntilStoppedAsync(Load load, int worker)
    {
        RandomKeys random = new(seed: worker + 2, _settings.Keys);
        ulong[] next = new ulong[1];
        byte[] key = new byte[StoreKeys.Length];
        byte[] value = new byte[_settings.Payload];
        while (!load.Stopped)
        {
            random.Fill(next);
            StoreKeys.Write(key, next[0]);
            _values.Write(value, next[0]);
            long started = load.Begin(worker);
            await _keyspace.PutAsync(key, value, _settings.Durability).ConfigureAwait(false);
            load.End(worker, started);
        }
    }

    private async Task TailAsync()
    {
        await _engine.SnapshotAsync();
        Tell("tail_bytes", await UpdateAsync(_settings.TailBytes));
    }

    private Task<SequenceRange> CommitAsync(ReadOnlySpan<ulong> keys)
    {
        Span<byte> key = stackalloc byte[StoreKeys.Length];
        byte[] value = ArrayPool<byte>.Shared.Rent(_settings.Payload);
        Span<byte> exact = value.AsSpan(0, _settings.Payload);
        WriteBatch batch = _engine.CreateBatch();
        foreach (ulong number in keys)
        {
            StoreKeys.Write(key, number);
            _values.Write(exact, number);
            batch.Put(_keyspace, key, exact);
        }

        ArrayPool<byte>.Shared.Return(value);
        return _engine.CommitAsync(batch, Durability.ProcessCrash).AsTask();
    }

    /// <summary>What the parent passes on.</summary>
    private sealed record Settings(
        Durability Durability,
        long Keys,
        int Payload,
        int Writers,
        double Seconds,
        long CacheBytes,
        long TailBytes)
    {
        internal long Updates { get; init; }

        internal TimeSpan Settle { get; init; }

        internal TimeSpan Length => TimeSpan.FromSeconds(Seconds);

        internal static Settings From(string[] args) => new(
            OptionParser.ParseDurability(args[0]),
            long.Parse(args[1], CultureInfo.InvariantCulture),
            int.Parse(args[2], CultureInfo.InvariantCulture),
            int.Parse(args[3], CultureInfo.InvariantCulture),
            double.Parse(args[4], CultureInfo.InvariantCulture),
            long.Parse(args[5], CultureInfo.InvariantCulture),
            long.Parse(args[6], CultureInfo.InvariantCulture))
        {
            Updates = long.Parse(args[7], CultureInfo.InvariantCulture),
            Settle = TimeSpan.FromSeconds(double.Parse(args[8], CultureInfo.InvariantCulture)),
        };
    }
}
