using LogEngine.Cli.Stores;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.StoreDumps;

/// <summary>Puts what a dump holds into an engine, line by line, many in one commit.</summary>
/// <remarks>
/// The engine gives versions of its own. What has expired since is left out. Nothing is durable before
/// <see cref="EndAsync"/> has returned; whoever closes the engine makes it so.
/// </remarks>
internal sealed class StoreLoad(StorageEngine engine)
{
    /// <summary>A value of 64 MiB in which every byte takes six: the longest line that can be.</summary>
    internal const long MostBytesOfLine = 512L << 20;

    private const int MostAtOnce = 1000;
    private const int MostBytesAtOnce = 1 << 20;

    private readonly IQueueProvider? _queues = engine.GetQueueProvider();

    private readonly List<QueueRecord> _records = [];
    private WriteBatch _batch = engine.CreateBatch();
    private Keyspace? _keyspace;
    private string? _queue;
    private long _recordBytes;
    private bool _begun;
    private bool _ended;
    private (long Keyspaces, long Keys, long Queues, long Records) _read;

    /// <summary>Keys that were put.</summary>
    internal long Keys { get; private set; }

    /// <summary>Keys whose time was over.</summary>
    internal long Expired { get; private set; }

    /// <summary>Records of queues that were put.</summary>
    internal long Records { get; private set; }

    /// <exception cref="ArgumentException">It is no line of a dump, or not where it stands.</exception>
    internal async Task TakeAsync(JsonLine line, CancellationToken cancellationToken)
    {
        if (!_begun)
        {
            Begin(line);
        }
        else if (_ended)
        {
            throw line.Wrong("stands behind the end of the dump");
        }
        else if (line.Value.TryGetProperty("end", out _))
        {
            _ended = true;
            CheckCounts(line);
        }
        else if (line.Value.TryGetProperty("keyspace", out _))
        {
            await BeginKeyspaceAsync(line, cancellationToken);
        }
        else if (line.Value.TryGetProperty("queue", out _))
        {
            await BeginQueueAsync(line, cancellationToken);
        }
        else if (_queue is not null)
        {
            await AddAsync(DumpLine.ReadRecord(line), cancellationToken);
        }
        else if (_keyspace is { } keyspace)
        {
            await AddAsync(keyspace, line, cancellationToken);
        }
        else
        {
            throw line.Wrong("belongs to no keyspace and no queue");
        }
    }

    /// <summary>Commits the rest.</summary>
    /// <exception cref="ArgumentException">The dump has not come to its end.</exception>
    internal async Task EndAsync(CancellationToken cancellationToken)
    {
        await CommitAsync(cancellationToken);
        if (!_ended)
        {
            throw new ArgumentException(
                _begun ? "the dump ends before its end: it is not whole" : "the input is empty");
        }
    }

    private void Begin(JsonLine line)
    {
        if (!line.Value.TryGetProperty("logengineDump", out _))
        {
            throw line.Wrong("is not the first of a dump");
        }

        long format = line.Number64("logengineDump");
        if (format is < 1 or > DumpLine.Format)
        {
            throw new ArgumentException(
                $"this is a dump of format {format}; this version reads up to {DumpLine.Format}");
        }

        _begun = true;
    }

    private void CheckCounts(JsonLine line)
    {
        (long, long, long, long) said = (
            line.Number64("keyspaces"),
            line.Number64("keys"),
            line.Number64("queues"),
            line.Number64("records"));
        if (said != _read)
        {
            throw line.Wrong(
                $"says that there are {line.Number64("keys")} keys and {line.Number64("records")} records "
                + $"of queues, there were {_read.Keys} and {_read.Records}: the dump is not whole");
        }
    }

    private async Task BeginKeyspaceAsync(JsonLine line, CancellationToken cancellationToken)
    {
        await CommitAsync(cancellationToken);
        _queue = null;
        _read.Keyspaces++;
        string name = line.Text("keyspace");
        _keyspace = EnginePlace.KeyspaceOf(engine, name);
        if (!(await engine.ListKeyspacesAsync(cancellationToken)).Contains(name))
        {
            // One that is empty is listed as well.
            _batch.Put(_keyspace, [0], []);
            _batch.Delete(_keyspace, [0]);
            await CommitAsync(cancellationToken);
        }
    }

    private async Task BeginQueueAsync(JsonLine line, CancellationToken cancellationToken)
    {
        await CommitAsync(cancellationToken);
        _keyspace = null;
        _read.Queues++;
        string name = line.Text("queue");
        if (_queues is null)
        {
            throw line.Wrong("is of a queue, which this engine does not have");
        }

        // Its ids would be given twice.
        if ((await _queues.ListQueuesAsync(cancellationToken)).Contains(name))
        {
            throw line.Wrong($"is of the queue '{name}', which is there already");
        }

        _queue = name;
    }

    private async Task AddAsync(Keyspace into, JsonLine line, CancellationToken cancellationToken)
    {
        byte[] key = DumpLine.BytesOf(line, "key", "keyBase64");
        byte[] value = DumpLine.BytesOf(line, "text", "base64");
        DateTimeOffset? expiresAt = DumpLine.TimeOf(line, "expiresAt");
        _read.Keys++;
        if (expiresAt <= engine.TimeProvider.GetUtcNow())
        {
            Expired++;
            return;
        }

        if (_batch.Count > 0 && _batch.PayloadBytes + value.Length > MostBytesAtOnce)
        {
            await CommitAsync(cancellationToken);
        }

        try
        {
            _batch.Put(into, key, value, expiresAt);
        }
        catch (Exception error) when (error is RecordTooLargeException
            or ArgumentException { ParamName: not null })
        {
            throw line.Wrong($"is refused: {Failure.Of(error).Line}");
        }

        Keys++;
        if (_batch.Count >= MostAtOnce)
        {
            await CommitAsync(cancellationToken);
        }
    }

    private async Task AddAsync(QueueRecord record, CancellationToken cancellationToken)
    {
        long size = record.Body.Length
            + record.Headers.Sum(header => (long)header.Key.Length + header.Value.Length);
        if (_records.Count > 0
            && (_records.Count >= MostAtOnce / 2 || _recordBytes + size > MostBytesAtOnce))
        {
            await CommitAsync(cancellationToken);
        }

        _records.Add(record);
        _recordBytes += size;
        _read.Records++;
        Records++;
    }

    private async Task CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_records.Count > 0)
        {
            await _queues!.ImportAsync(
                _queue!, _records, Durability.ProcessCrash, cancellationToken);
            _records.Clear();
            _recordBytes = 0;
        }

        if (_batch.Count > 0)
        {
            await engine.CommitAsync(_batch, Durability.ProcessCrash, cancellationToken);
            _batch = engine.CreateBatch();
        }
    }
}
