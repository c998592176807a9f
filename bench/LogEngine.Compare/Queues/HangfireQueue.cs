using Hangfire;
using Hangfire.Storage;
using Hangfire.Storage.SQLite;

namespace LogEngine.Compare.Queues;

/// <summary>
/// Hangfire on SQLite, driven as its worker drives it: a job is created and enqueued by its client,
/// fetched, its arguments read, and taken from the queue. Steps take turns: of several at once some fail
/// with 'database is locked'.
/// </summary>
internal sealed class HangfireQueue : IBenchQueue
{
    private static readonly string[] Queues = ["default"];

    private readonly SQLiteStorage _storage;
    private readonly BackgroundJobClient _client;
    private readonly SemaphoreSlim _turn = new(1);

    internal HangfireQueue(string directory)
    {
        GlobalConfiguration.Configuration.UseNoOpLogProvider();
        _storage = new SQLiteStorage(
            Path.Combine(directory, "jobs.db"),
            new SQLiteStorageOptions { QueuePollInterval = TimeSpan.FromMilliseconds(1) });
        _client = new BackgroundJobClient(_storage);
    }

    public string Note => "Hangfire.Storage.SQLite, WAL; job, state, fetch and removal each by themselves";

    /// <summary>The job; nobody runs it.</summary>
    public static void Take(byte[] body) => ArgumentNullException.ThrowIfNull(body);

    public async ValueTask EnqueueAsync(ReadOnlyMemory<byte> body)
    {
        byte[] bytes = body.ToArray();
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _client.Enqueue(() => Take(bytes));
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Whoever receives has enqueued before, so a job is there, and nobody waits in his turn.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            using IStorageConnection connection = _storage.GetConnection();
            IFetchedJob job = connection.FetchNextJob(Queues, CancellationToken.None);
            return ((byte[])connection.GetJobData(job.JobId).Job.Args[0], job);
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
            using IFetchedJob job = (IFetchedJob)receipt;
            job.RemoveFromQueue();
        }
        finally
        {
            _turn.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _storage.Dispose();
        _turn.Dispose();
        return default;
    }
}
