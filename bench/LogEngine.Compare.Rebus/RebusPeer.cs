using Npgsql;
using Rebus.Logging;
using Rebus.Messages;
using Rebus.PostgreSql;
using Rebus.PostgreSql.Transport;
using Rebus.Threading.TaskParallelLibrary;
using Rebus.Time;
using Rebus.Transport;
using Rebus.Transport.FileSystem;

namespace LogEngine.Compare.Rebus;

/// <summary>
/// A transport of Rebus without the bus above it: a message is received and acknowledged in one of its transactions.
/// That of PostgreSQL holds its connection meanwhile; that of files renames nothing and syncs nothing.
/// </summary>
public sealed class RebusPeer : IDisposable
{
    private const string Queue = "bench";

    private readonly ITransport _transport;

    private readonly string? _connectionString;

    private RebusPeer(ITransport transport, string? connectionString)
    {
        _transport = transport;
        _connectionString = connectionString;
    }

    /// <summary>An empty queue of files.</summary>
    /// <param name="directory">Where they are.</param>
    public static RebusPeer OpenFiles(string directory)
    {
        FileSystemTransport transport = new(
            directory, Queue, new FileSystemTransportOptions(), new DefaultRebusTime());
        transport.Initialize();
        return new RebusPeer(transport, null);
    }

    /// <summary>An empty queue, in a table of its own.</summary>
    /// <param name="connectionString">The server's.</param>
    public static async Task<RebusPeer> OpenAsync(string connectionString)
    {
        string pooled = new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = 90,
            MaxAutoPrepare = 10,
            AutoPrepareMinUsages = 2,
        }.ConnectionString;
        NullLoggerFactory none = new();
        await using (NpgsqlDataSource source = NpgsqlDataSource.Create(pooled))
        {
            await using NpgsqlCommand clear = source.CreateCommand("drop table if exists bench_rebus");
            await clear.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        PostgreSqlTransport transport = new(
            new PostgresConnectionHelper(pooled), "bench_rebus", Queue, none, new TplAsyncTaskFactory(none),
            new DefaultRebusTime(), null, "public");
        await transport.EnsureTableIsCreatedAsync().ConfigureAwait(false);
        return new RebusPeer(transport, pooled);
    }

    /// <summary>Sends a message, and commits it.</summary>
    /// <param name="body">Its body.</param>
    public async Task SendAsync(byte[] body)
    {
        using RebusTransactionScope scope = new();
        TransportMessage message = new(
            new Dictionary<string, string> { [Headers.MessageId] = Guid.NewGuid().ToString() }, body);
        await _transport.Send(Queue, message, scope.TransactionContext).ConfigureAwait(false);
        await scope.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Receives a message, waiting for one.</summary>
    /// <returns>Its body, and what acknowledges it.</returns>
    public async Task<(byte[] Body, RebusReceipt Receipt)> ReceiveAsync()
    {
        while (true)
        {
            RebusTransactionScope scope = new();
            TransportMessage? message = null;
            try
            {
                message = await _transport
                    .Receive(scope.TransactionContext, CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // A file that its sender still writes; Rebus's own worker tries again too.
            }

            if (message is not null)
            {
                return (message.Body, new RebusReceipt(scope));
            }

            scope.Dispose();
            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    /// <summary>Ends it; its connections are closed.</summary>
    public void Dispose()
    {
        (_transport as IDisposable)?.Dispose();
        if (_connectionString is not null)
        {
            using NpgsqlConnection any = new(_connectionString);
            NpgsqlConnection.ClearPool(any);
        }
    }
}

/// <summary>A message that was received and not acknowledged yet.</summary>
public sealed class RebusReceipt
{
    private readonly RebusTransactionScope _scope;

    internal RebusReceipt(RebusTransactionScope scope) => _scope = scope;

    /// <summary>Commits its removal.</summary>
    public async Task AcknowledgeAsync()
    {
        await _scope.CompleteAsync().ConfigureAwait(false);
        _scope.Dispose();
    }
}
