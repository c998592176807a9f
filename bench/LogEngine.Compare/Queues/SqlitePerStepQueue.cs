using Microsoft.Data.Sqlite;

namespace LogEngine.Compare.Queues;

/// <summary>
/// A queue in one SQLite table as it is usually written on Microsoft.Data.Sqlite: each step is a
/// transaction of its own. Steps take turns in this process, so that none has to ask again because the
/// database is locked; commands are prepared and kept.
/// </summary>
internal sealed class SqlitePerStepQueue : IBenchQueue
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _claim;
    private readonly SqliteCommand _delete;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly SemaphoreSlim _waiting = new(0);

    internal SqlitePerStepQueue(string directory, Durability durability)
    {
        string synchronous = durability == Durability.PowerLoss ? "FULL" : "NORMAL";
        Note = $"Microsoft.Data.Sqlite, WAL, synchronous={synchronous}, a transaction a step";
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(directory, "queue.db"),
            Pooling = false,
        }.ConnectionString);
        _connection.Open();
        Execute("PRAGMA journal_mode=WAL");
        Execute($"PRAGMA synchronous={synchronous}");
        Execute(
            "CREATE TABLE q (id INTEGER PRIMARY KEY, leased INTEGER NOT NULL, "
            + "deliveries INTEGER NOT NULL, body BLOB NOT NULL)");
        Execute("CREATE INDEX ready ON q (id) WHERE leased = 0");
        _insert = Prepare(
            "INSERT INTO q (leased, deliveries, body) VALUES (0, 0, $body)", "$body", SqliteType.Blob);
        _claim = Prepare(
            "UPDATE q SET leased = 1, deliveries = deliveries + 1 WHERE id = "
            + "(SELECT id FROM q WHERE leased = 0 ORDER BY id LIMIT 1) RETURNING id, body");
        _delete = Prepare("DELETE FROM q WHERE id = $id", "$id", SqliteType.Integer);
    }

    public string Note { get; }

    public async ValueTask EnqueueAsync(ReadOnlyMemory<byte> body)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _insert.Parameters[0].Value = body.ToArray();
            _insert.ExecuteNonQuery();
        }
        finally
        {
            _turn.Release();
        }

        _waiting.Release();
    }

    public async ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync()
    {
        await _waiting.WaitAsync().ConfigureAwait(false);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            using SqliteDataReader row = _claim.ExecuteReader();
            return row.Read()
                ? (row.GetFieldValue<byte[]>(1), row.GetInt64(0))
                : throw new InvalidDataException("A message is lost.");
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask AcknowledgeAsync(object receipt)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _delete.Parameters[0].Value = receipt;
            _delete.ExecuteNonQuery();
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _insert.Dispose();
        _claim.Dispose();
        _delete.Dispose();
        await _connection.DisposeAsync();
        _turn.Dispose();
        _waiting.Dispose();
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Prepare(string sql, string? parameter = null, SqliteType type = default)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        if (parameter is not null)
        {
            command.Parameters.Add(parameter, type);
        }

        command.Prepare();
        return command;
    }
}
