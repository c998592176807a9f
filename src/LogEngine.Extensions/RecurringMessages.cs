using System.Globalization;
using System.Text;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Logging;

namespace LogEngine.Extensions;

/// <summary>
/// The recurring messages of a queue. For each due time one message is enqueued, whatever crashes, and however
/// many processes that share the engine look at the same time.
/// </summary>
/// <remarks>
/// Thread-safe; any number of objects may be about one queue. A recurring message is a row, in
/// <c>logengine/recurring/QUEUE</c>, with its next due time. Enqueueing is one batch: the row must have the
/// version that was read, it gets the time after, and the message goes into the queue. So either both happened or
/// nothing did, and of two who look at once one is refused. Nothing runs by itself:
/// <see cref="LogEngineBuilder.AddRecurringMessages"/> has an application look, or call
/// <see cref="RunDueAsync"/>. Times are those of the engine's clock.
/// </remarks>
public sealed class RecurringMessages
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly DurableQueue _queue;
    private readonly Keyspace _rows;
    private readonly ILogger _logger;
    private TaskCompletionSource _changed = NewChange();

    /// <summary>Those of a queue.</summary>
    /// <param name="queue">The queue that the messages go to.</param>
    public RecurringMessages(DurableQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        _queue = queue;
        _rows = queue.Engine.GetStoreKeyspace($"logengine/recurring/{queue.Name}");
        _logger = queue.Engine.LoggerFactory.CreateLogger("LogEngine.Extensions.Recurring");
    }

    /// <summary>The queue that the messages go to.</summary>
    public DurableQueue Queue => _queue;

    /// <summary>Completes when something was set, resumed or removed by this object.</summary>
    internal Task Changed => Volatile.Read(ref _changed).Task;

    /// <summary>
    /// Sets a recurring message, whatever was there under its name. Where that had the same recurrence, it stays
    /// where it is: due times are neither repeated nor lost by setting it again, at each start for example.
    /// Where the recurrence is another one, or there was none, it is due next at the first time behind now.
    /// One that is paused stays paused.
    /// </summary>
    /// <param name="message">The message and when it recurs.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>Whether anything was changed.</returns>
    /// <exception cref="ArgumentException">Something about it is out of its range.</exception>
    /// <inheritdoc cref="DurableQueue.AcknowledgeAsync" path="/exception[@cref!='T:LogEngine.Stores.Queues.LeaseLostException']"/>
    public async ValueTask<bool> SetAsync(
        RecurringMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.Validate();
        RecurringRow wanted = RecurringRow.Of(message);
        return await ChangeAsync(
            message.Name,
            row => wanted with
            {
                Paused = row is { Paused: true },
                Last = row?.Last,
                Next = row is not null && IsSame(row, message.Recurrence)
                    ? row.Next
                    : message.Recurrence.Next(Now),
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes a recurring message. What it has enqueued stays.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>False where there was none.</returns>
    public async ValueTask<bool> RemoveAsync(
        string name, CancellationToken cancellationToken = default)
    {
        byte[] key = KeyOf(name);
        while (await _rows.GetInfoAsync(key, cancellationToken).ConfigureAwait(false) is { } info)
        {
            ConditionalResult result = await _rows.TryDeleteAsync(
                key, info.Version, cancellationToken: cancellationToken).ConfigureAwait(false);
            if (result.Applied)
            {
                NoteChange();
                return true;
            }
        }

        return false;
    }

    /// <summary>Lets a recurring message rest. Times that come due meanwhile are missed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>False where there is none, or it rests already.</returns>
    public ValueTask<bool> PauseAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeAsync(name, static row => row is null ? null : row with { Paused = true }, cancellationToken);

    /// <summary>
    /// Lets a recurring message that rests go on; <see cref="RecurringMessage.Missed"/> says what becomes of
    /// the times that it has missed.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>False where there is none, or it does not rest.</returns>
    public ValueTask<bool> ResumeAsync(string name, CancellationToken cancellationToken = default) =>
        ChangeAsync(name, static row => row is null ? null : row with { Paused = false }, cancellationToken);

    /// <summary>All of them, by name; one that cannot be read says so.</summary>
    /// <param name="cancellationToken">Cancels between two of them.</param>
    public async ValueTask<IReadOnlyList<RecurringStatus>> ListAsync(
        CancellationToken cancellationToken = default)
    {
        List<RecurringStatus> all = [];
        foreach (byte[] key in await KeysAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await StatusOfAsync(key, cancellationToken).ConfigureAwait(false) is { } status)
            {
                all.Add(status);
            }
        }

        return all;
    }

    /// <summary>
    /// Enqueues what is due now: for each due time one message, by whoever looks first. What cannot be enqueued
    /// does not keep the others from it; it is logged, and stays due.
    /// </summary>
    /// <param name="cancellationToken">Cancels between two of them.</param>
    /// <returns>How many were enqueued, how many failed, and when to look next.</returns>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public async ValueTask<RecurringRun> RunDueAsync(CancellationToken cancellationToken = default)
    {
        RecurringRun run = default;
        foreach (byte[] key in await KeysAsync(cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                (int enqueued, DateTimeOffset? next) =
                    await RunOneAsync(key, cancellationToken).ConfigureAwait(false);
                run = new RecurringRun(
                    run.Enqueued + enqueued,
                    run.Failed,
                    run.NextDue is null || next < run.NextDue ? next ?? run.NextDue : run.NextDue);
            }
            catch (Exception error) when (error is LogEngineException and not StorageFaultedException
                or FormatException or ArgumentException)
            {
                Log.RecurringFailed(_logger, NameOf(key), _queue.Name, error);
                run = run with { Failed = run.Failed + 1 };
            }
        }

        return run;
    }

    private DateTimeOffset Now => _queue.Engine.TimeProvider.GetUtcNow();

    private static TaskCompletionSource NewChange() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void NoteChange() => Interlocked.Exchange(ref _changed, NewChange()).TrySetResult();

    /// <summary>Brings one up to now, whoever else tries the same.</summary>
    private async ValueTask<(int Enqueued, DateTimeOffset? Next)> RunOneAsync(
        byte[] key, CancellationToken cancellationToken)
    {
        int enqueued = 0;
        while (true)
        {
            using StoredValue? stored = await _rows.GetAsync(key, cancellationToken)
                .ConfigureAwait(false);
            RecurringRow? row = stored is null ? null : RecurringRow.Read(stored.Memory.Span);
            DateTimeOffset now = Now;
            if (row is not { Paused: false, Next: { } first } || first > now)
            {
                return (enqueued, row is { Paused: false } ? row.Next : null);
            }

            DueTimes due = DueTimes.Of(row.ToRecurrence(), row.Missed, row.Tolerance, first, now);
            if (await TryEnqueueAsync(key, stored!.Version, row, due, cancellationToken)
                .ConfigureAwait(false))
            {
                enqueued += due.Times.Count;
            }
        }
    }

    /// <summary>
    /// The one commit that makes it exactly once: the row as it was read, its next time, and the messages.
    /// </summary>
    /// <returns>False where somebody else has changed the row.</returns>
    private async ValueTask<bool> TryEnqueueAsync(
        byte[] key, long version, RecurringRow row, DueTimes due, CancellationToken cancellationToken)
    {
        WriteBatch batch = _queue.Engine.CreateBatch();
        batch.RequireVersion(_rows, key, version);
        RecurringRow after = row with
        {
            Next = due.Next,
            Last = due.Times.Count > 0 ? due.Times[^1] : row.Last,
        };
        batch.Put(_rows, key, after.ToBytes());
        string name = NameOf(key);
        QueueMessage message = row.ToMessage(name).Message;
        foreach (DateTimeOffset time in due.Times)
        {
            _queue.Enqueue(batch, message with
            {
                Headers = new Dictionary<string, string>(row.Headers ?? [])
                {
                    [RecurringMessage.NameHeader] = name,
                    [RecurringMessage.DueHeader] = time.ToString("O", CultureInfo.InvariantCulture),
                },
            });
        }

        CommitResult result = await _queue.Engine.TryCommitAsync(
            batch, cancellationToken: cancellationToken).ConfigureAwait(false);
        return result.Applied;
    }

    /// <param name="name">Its name.</param>
    /// <param name="change">From the row that is there, or null; null for no change.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async ValueTask<bool> ChangeAsync(
        string name, Func<RecurringRow?, RecurringRow?> change, CancellationToken cancellationToken)
    {
        byte[] key = KeyOf(name);
        while (true)
        {
            using StoredValue? stored = await _rows.GetAsync(key, cancellationToken)
                .ConfigureAwait(false);
            RecurringRow? row = stored is null ? null : TryRead(stored.Memory.Span);
            byte[]? changed = change(row)?.ToBytes();
            if (changed is null || (stored is not null && stored.Memory.Span.SequenceEqual(changed)))
            {
                return false;
            }

            ConditionalResult result = await _rows.CompareAndSetAsync(
                key, changed, stored?.Version ?? 0, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            if (result.Applied)
            {
                NoteChange();
                return true;
            }
        }
    }

    private static bool IsSame(RecurringRow row, Recurrence recurrence) =>
        row.Interval == recurrence.Interval && row.Cron == recurrence.Expression
            && row.TimeZone == recurrence.TimeZone;

    /// <summary>One that cannot be read is as if it were not there: it is set anew.</summary>
    private static RecurringRow? TryRead(ReadOnlySpan<byte> value)
    {
        try
        {
            return RecurringRow.Read(value);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Keys alone: one value that is damaged keeps nobody from the others.</summary>
    private async ValueTask<List<byte[]>> KeysAsync(CancellationToken cancellationToken)
    {
        List<byte[]> keys = [];
        KeyScan scan = _rows.Scan(new ScanRange(default, KeysOnly: true));
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                keys.Add(scan.Key.ToArray());
            }
        }

        return keys;
    }

    /// <summary>Null where it has been removed meanwhile.</summary>
    private async ValueTask<RecurringStatus?> StatusOfAsync(
        byte[] key, CancellationToken cancellationToken)
    {
        string name = NameOf(key);
        RecurringRow? row = null;
        try
        {
            using StoredValue? stored = await _rows.GetAsync(key, cancellationToken)
                .ConfigureAwait(false);
            row = stored is null ? null : RecurringRow.Read(stored.Memory.Span);
            return row is null
                ? null
                : new RecurringStatus(
                    name, row.ToMessage(name), row.Paused, row.Next, row.Last, null);
        }
        catch (Exception error) when (error is FormatException or ArgumentException or CorruptionException)
        {
            return new RecurringStatus(
                name, null, row is { Paused: true }, row?.Next, row?.Last, error.Message);
        }
    }

    private static byte[] KeyOf(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        byte[] key = Strict.GetBytes(name);
        return key.Length <= 1024
            ? key
            : throw new ArgumentException(
                $"The name has {key.Length} bytes of UTF-8; at most 1,024 are allowed.", nameof(name));
    }

    private static string NameOf(ReadOnlySpan<byte> key) => Encoding.UTF8.GetString(key);
}
