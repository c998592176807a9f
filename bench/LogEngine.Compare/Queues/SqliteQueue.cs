using System.Collections.Concurrent;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Queues;

/// <summary>
/// A queue in one SQLite table, WAL and synchronous FULL, batched as well as it can be: one thread owns
/// the connection and does everything that waits in one transaction.
/// </summary>
internal sealed class SqliteQueue : IBenchQueue
{
    private const int MostInTransaction = 1024;

    private readonly BlockingCollection<SqliteQueueRequest> _requests = [];
    private readonly Queue<SqliteQueueRequest> _receivers = new();
    private readonly Thread _thread;
    private readonly nint _connection;
    private readonly nint _insert;
    private readonly nint _next;
    private readonly nint _lease;
    private readonly nint _delete;

    internal SqliteQueue(string directory, Durability durability)
    {
        string synchronous = durability == Durability.PowerLoss ? "FULL" : "NORMAL";
        Note = $"WAL, synchronous={synchronous}, all that waits in one transaction";
        _connection = SqliteNative.Open(Path.Combine(directory, "queue.db"), synchronous, 64 << 20);
        SqliteNative.Execute(
            _connection,
            "CREATE TABLE q (id INTEGER PRIMARY KEY, leased INTEGER NOT NULL, "
            + "deliveries INTEGER NOT NULL, body BLOB NOT NULL)");
        SqliteNative.Execute(_connection, "CREATE INDEX ready ON q (id) WHERE leased = 0");
        _insert = SqliteNative.Prepare(
            _connection, "INSERT INTO q (leased, deliveries, body) VALUES (0, 0, ?1)");
        _next = SqliteNative.Prepare(
            _connection, "SELECT id, body FROM q WHERE leased = 0 ORDER BY id LIMIT 1");
        _lease = SqliteNative.Prepare(
            _connection, "UPDATE q SET leased = 1, deliveries = deliveries + 1 WHERE id = ?1");
        _delete = SqliteNative.Prepare(_connection, "DELETE FROM q WHERE id = ?1");
        _thread = new Thread(Work) { IsBackground = true, Name = "sqlite queue" };
        _thread.Start();
    }

    public string Note { get; }

    public async ValueTask EnqueueAsync(ReadOnlyMemory<byte> body) =>
        await AskAsync(new SqliteQueueRequest { Body = body.ToArray() }).ConfigureAwait(false);

    public async ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync()
    {
        (byte[] body, long id) = await AskAsync(new SqliteQueueRequest()).ConfigureAwait(false);
        return (body, id);
    }

    public async ValueTask AcknowledgeAsync(object receipt) =>
        await AskAsync(new SqliteQueueRequest { Acknowledge = (long)receipt })
            .ConfigureAwait(false);

    public ValueTask DisposeAsync()
    {
        _requests.CompleteAdding();
        _thread.Join();
        foreach (nint statement in (nint[])[_insert, _next, _lease, _delete])
        {
            SqliteNative.Check(_connection, SqliteNative.Finish(statement), 0);
        }

        SqliteNative.Check(_connection, SqliteNative.Close(_connection), 0);
        return default;
    }

    private Task<(byte[] Body, long Id)> AskAsync(SqliteQueueRequest request)
    {
        _requests.Add(request);
        return request.Done.Task;
    }

    private void Work()
    {
        List<SqliteQueueRequest> done = [];
        foreach (SqliteQueueRequest first in _requests.GetConsumingEnumerable())
        {
            done.Clear();
            SqliteNative.Execute(_connection, "BEGIN IMMEDIATE");
            SqliteQueueRequest? request = first;
            do
            {
                Do(request, done);
            }
            while (done.Count < MostInTransaction && _requests.TryTake(out request));
            while (_receivers.Count > 0 && TryReceive(_receivers.Peek()))
            {
                done.Add(_receivers.Dequeue());
            }

            SqliteNative.Execute(_connection, "COMMIT");
            done.ForEach(r => r.Done.SetResult(r.Result));
        }
    }

    private unsafe void Do(SqliteQueueRequest request, List<SqliteQueueRequest> done)
    {
        if (request.Body is { } body)
        {
            fixed (byte* bytes = body)
            {
                SqliteNative.Check(
                    _connection,
                    SqliteNative.BindBlob(_insert, 1, bytes, body.Length, 0),
                    0);
                Run(_insert);
            }

            done.Add(request);
        }
        else if (request.Acknowledge != 0)
        {
            RunOn(_delete, request.Acknowledge);
            done.Add(request);
        }
        else
        {
            // Served behind everything else of the transaction.
            _receivers.Enqueue(request);
        }
    }

    private unsafe bool TryReceive(SqliteQueueRequest request)
    {
        if (SqliteNative.Step(_next) != SqliteNative.Row)
        {
            SqliteNative.Check(_connection, SqliteNative.Reset(_next), 0);
            return false;
        }

        long id = SqliteNative.ColumnInt64(_next, 0);
        byte[] body = new ReadOnlySpan<byte>(
            SqliteNative.ColumnBlob(_next, 1), SqliteNative.ColumnBytes(_next, 1)).ToArray();
        SqliteNative.Check(_connection, SqliteNative.Reset(_next), 0);
        RunOn(_lease, id);
        request.Result = (body, id);
        return true;
    }

    private void RunOn(nint statement, long id)
    {
        SqliteNative.Check(_connection, SqliteNative.BindInt64(statement, 1, id), 0);
        Run(statement);
    }

    private void Run(nint statement)
    {
        int result = SqliteNative.Step(statement);
        SqliteNative.Check(_connection, SqliteNative.Reset(statement), 0);
        SqliteNative.Check(_connection, result, SqliteNative.Done);
    }
}
