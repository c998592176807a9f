using LogEngine.Cli.Stores;
using LogEngine.Stores.Migration;
using LogEngine.Stores.Queues;

namespace LogEngine.Cli.StoreDumps;

/// <summary>Writes everything that an engine holds, as of one moment: a JSON object a line.</summary>
internal sealed class StoreDump(StorageEngine engine, BufferedOutput output)
{
    private readonly IQueueProvider? _queues = engine.GetQueueProvider();

    private long _keys;
    private long _records;

    internal async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (await EngineMigration.IsUnfinishedAsync(engine, cancellationToken))
        {
            throw new ArgumentException(
                "this is the target of a migration that is not finished: end it first (--resume)");
        }

        await using ReadView view = await engine.OpenReadViewAsync(cancellationToken);
        IReadOnlyList<string> queues = _queues is null
            ? []
            : await _queues.ListQueuesAsync(view, cancellationToken);
        string[] keyspaces =
        [
            .. (await view.ListKeyspacesAsync(cancellationToken))
                .Except(queues.SelectMany(queue => _queues!.KeyspacesOf(queue)))
                .Order(StringComparer.Ordinal),
        ];
        Line(json =>
        {
            json.WriteNumber("logengineDump", DumpLine.Format);
            json.WriteString("createdAt", DateTimeOffset.UtcNow);
            json.WriteString("store", engine.StoreId?.ToString());
        });
        foreach (string keyspace in keyspaces)
        {
            await WriteKeyspaceAsync(keyspace, view, cancellationToken);
        }

        foreach (string queue in queues)
        {
            await WriteQueueAsync(queue, view, cancellationToken);
        }

        Line(json =>
        {
            json.WriteBoolean("end", true);
            json.WriteNumber("keyspaces", keyspaces.Length);
            json.WriteNumber("keys", _keys);
            json.WriteNumber("queues", queues.Count);
            json.WriteNumber("records", _records);
        });
        output.Flush();
    }

    private async Task WriteKeyspaceAsync(
        string keyspace, ReadView view, CancellationToken cancellationToken)
    {
        Line(json => json.WriteString("keyspace", keyspace));
        KvPrinter printer = new(output, "json");
        await using KeyScan scan = view.In(EnginePlace.KeyspaceOf(engine, keyspace)).Scan();
        while (await scan.MoveNextAsync(cancellationToken))
        {
            printer.PrintEntry(scan.Key, scan.Value, scan.Info, withValue: true);
            _keys++;
        }
    }

    private async Task WriteQueueAsync(
        string queue, ReadView view, CancellationToken cancellationToken)
    {
        Line(json => json.WriteString("queue", queue));
        await foreach (QueueRecord record in _queues!.ExportAsync(queue, view, cancellationToken))
        {
            Line(json => DumpLine.WriteRecord(json, record));
            _records++;
        }
    }

    private void Line(Action<System.Text.Json.Utf8JsonWriter> write) =>
        output.Write(LineOutput.Encode(write));
}
