using LogEngine.Backups;
using LogEngine.Log;
using LogEngine.Running;
using LogEngine.Storage;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogEngine;

/// <summary>
/// A segmented write-ahead log in one directory: dense sequences from 1, group-committed, every
/// record and group under a checksum, crash-safe as it comes.
/// </summary>
/// <remarks>
/// <para>All members are thread-safe. One instance at a time may have a directory open for writing,
/// in this process or another; any number may have it open read-only.</para>
/// <para>
/// The first failed write or sync of a log file faults the instance for good: that group and every
/// later append fail with <see cref="StorageFaultedException"/>, what was committed stays readable,
/// and opening again is the cure. A full disk is not a fault: an append that finds no space is
/// refused with <see cref="StorageFullException"/> before it has a sequence.
/// </para>
/// <para>Bytes on disk: docs/format.md. What an acknowledgement means: docs/durability.md.</para>
/// </remarks>
public sealed class WriteAheadLog : IAsyncDisposable, IDisposable
{
    private readonly LogEnvironment _environment;
    private readonly WriteAheadLogOptions _options;
    private readonly LogView _view;
    private readonly LogLifetime? _lifetime;
    private readonly ReadOnlyLog? _readOnly;
    private readonly BackupRuns? _backups;
    private readonly SegmentRetention? _retention;
    private volatile bool _closed;

    /// <summary>That this process has the directory open; null where nobody can be refused for it.</summary>
    private IDisposable? _entry;

    private WriteAheadLog(
        LogEnvironment environment, WriteAheadLogOptions options, LogLifetime lifetime)
    {
        _environment = environment with { Files = lifetime.Directory };
        _options = options;
        _lifetime = lifetime;
        _view = lifetime.Writer.View;
        _backups = new BackupRuns(
            BackupSource.Of(lifetime, environment.Scheduler, options.TimeProvider),
            environment.Files,
            isOwnDisk: true);
        Recovery = lifetime.Report;
        if (options.Retention is { IsNone: false } limits)
        {
            _retention = new SegmentRetention(
                lifetime,
                limits,
                lifetime.Directory,
                environment.Scheduler,
                options.TimeProvider);
            _retention.Start();
        }
    }

    private WriteAheadLog(
        LogEnvironment environment, WriteAheadLogOptions options, ReadOnlyLog readOnly)
    {
        _environment = environment with { Files = readOnly.Files };
        _options = options;
        _readOnly = readOnly;
        _view = readOnly.View;
        Recovery = readOnly.Report;
    }

    /// <summary>What opening found, chose and dropped.</summary>
    public RecoveryReport Recovery { get; }

    /// <summary>Durability of appends that name none: see <see cref="WriteAheadLogOptions"/>.</summary>
    public Durability DefaultDurability => _options.DefaultDurability;

    /// <summary>First readable sequence; one above the last where the log is empty.</summary>
    public long FirstSequence => _view.Map.LowWaterSequence;

    /// <summary>
    /// Last sequence given to a record; of a read-only log, the last one shown. Above
    /// <see cref="DurableSequence"/> a sequence may belong to another record after a power loss.
    /// </summary>
    public long LastSequence => _lifetime?.Writer.LastSequence ?? _view.Durable;

    /// <summary>Everything up to it survives a power loss.</summary>
    public long DurableSequence => _view.Durable;

    /// <summary>Counters since opening, and the log's present shape; a moment's picture.</summary>
    /// <exception cref="StorageReadOnlyException">The log was opened read-only.</exception>
    public LogStatistics Statistics => Writer.Statistics;

    /// <summary>
    /// Completes with the first fault; never otherwise. Of a read-only log it never completes.
    /// </summary>
    public Task<StorageFaultedException> Faulted =>
        _lifetime?.Writer.Committer.Fault.Faulted ?? NeverFaulted;

    private static Task<StorageFaultedException> NeverFaulted { get; } =
        new TaskCompletionSource<StorageFaultedException>().Task;

    internal LogWriter Writer =>
        _lifetime?.Writer ?? throw new StorageReadOnlyException(_view.Directory);

    /// <summary>
    /// Opens a log, creating or recovering it. What it shows after that is durable; what was cut is
    /// in <see cref="Recovery"/>.
    /// </summary>
    /// <param name="directory">The log's directory; nothing else should live in it.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="cancellationToken">Cancels the wait for the lock, and opening before it writes.</param>
    /// <exception cref="DirectoryLockedException">It is open for writing elsewhere.</exception>
    /// <exception cref="CorruptionException">Something durable is damaged or missing.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    /// <exception cref="WrongStoreKindException">It holds another kind of store.</exception>
    /// <exception cref="StorageNotFoundException">There is none, and none is to be created.</exception>
    /// <exception cref="StorageFullException">No space to open it for writing.</exception>
    /// <exception cref="StorageIOException">The operating system refused a call.</exception>
    public static async ValueTask<WriteAheadLog> OpenAsync(
        string directory,
        WriteAheadLogOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new WriteAheadLogOptions();
        try
        {
            WriteAheadLog log = await OpenAsync(
                LogEnvironment.Real, directory, options, cancellationToken).ConfigureAwait(false);
            if (!options.ReadOnly)
            {
                log._entry = OpenDirectories.Enter(
                    Path.GetFullPath(directory), nameof(WriteAheadLog), options.TimeProvider);
            }

            return log;
        }
        catch (DirectoryLockedException refusal)
        {
            throw OpenDirectories.Explain(refusal);
        }
    }

    /// <summary>The same on a given disk and scheduler.</summary>
    internal static async ValueTask<WriteAheadLog> OpenAsync(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions? options,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options ??= new WriteAheadLogOptions();
        options.Validate();
        string path = Path.GetFullPath(directory);
        if (options.ReadOnly)
        {
            ReadOnlyLog readOnly = await environment.Scheduler
                .Run(() => ReadOnlyLog.Open(environment, path, options), cancellationToken)
                .ConfigureAwait(false);
            return new WriteAheadLog(environment, options, readOnly);
        }

        LogLifetime lifetime = await LogLifetime.OpenAsync(
            environment, path, options, loader: null, cancellationToken).ConfigureAwait(false);
        return new WriteAheadLog(environment, options, lifetime);
    }

    /// <summary>
    /// Makes a log's directory of a backup; <see cref="OpenAsync(string, WriteAheadLogOptions?,
    /// CancellationToken)"/> opens it then. The backup is only read.
    /// </summary>
    /// <remarks>
    /// Every byte is verified. Until it returns the directory cannot be opened, and where it throws
    /// nothing is left in it; after a crash remove the directory and start again. The copy is the
    /// same log: do not let it and the original go on as if they were one.
    /// </remarks>
    /// <param name="backup">The directory that <see cref="BackupAsync"/> wrote.</param>
    /// <param name="directory">Where to: missing, or empty.</param>
    /// <param name="progress">Told about every MiB.</param>
    /// <param name="cancellationToken">Stops it; nothing is left.</param>
    /// <returns>What was restored.</returns>
    /// <exception cref="StorageNotFoundException">There is no complete backup.</exception>
    /// <exception cref="WrongStoreKindException">It holds a store, or an engine's backup.</exception>
    /// <exception cref="CorruptionException">The backup is damaged.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    /// <exception cref="DirectoryNotEmptyException">The directory holds files.</exception>
    /// <exception cref="StorageFullException">No space for the copy.</exception>
    /// <exception cref="StorageIOException">The operating system refused a call.</exception>
    public static ValueTask<BackupReport> RestoreAsync(
        string backup,
        string directory,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default) => Restorer.RunAsync(
            LogEnvironment.Real, StoreKind.Log, backup, directory, progress, cancellationToken);

    /// <summary>
    /// Appends a record. The calling thread waits for no device: at <see cref="Durability.ProcessCrash"/> it
    /// may copy the record to the page cache itself, and the call is then complete on return; all other
    /// I/O is done elsewhere. Waits while the log's buffers are
    /// full. Allocates nothing in the steady state if the token cannot be cancelled.
    /// </summary>
    /// <param name="payload">
    /// The record, 0 bytes to 64 MiB. It is copied; it must not change until the call completes.
    /// </param>
    /// <param name="durability">
    /// When the call completes: see <see cref="Durability"/>; null for <see cref="DefaultDurability"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>The record's sequence. Await it once.</returns>
    /// <exception cref="RecordTooLargeException">The payload exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="StorageReadOnlyException">The log was opened read-only.</exception>
    /// <exception cref="ObjectDisposedException">The log is closed.</exception>
    public ValueTask<long> AppendAsync(
        ReadOnlyMemory<byte> payload,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        Durability level = CheckAppend(payload.Length, durability);
        return Writer.Appender.AppendAsync(new RecordParts(payload), level, cancellationToken);
    }

    /// <summary>
    /// Appends a record and blocks until it is as durable as asked for. Where the log is idle the
    /// calling thread commits it itself: the shortest way to one durable record.
    /// </summary>
    /// <inheritdoc cref="AppendAsync"/>
    public long Append(ReadOnlySpan<byte> payload, Durability? durability = null)
    {
        Durability level = CheckAppend(payload.Length, durability);
        return Writer.Appender.Append(payload, level);
    }

    /// <summary>
    /// Appends a record at <see cref="Durability.None"/> if there is room now; never blocks.
    /// </summary>
    /// <param name="payload">The record; at most what fits a group: see GroupCapBytes.</param>
    /// <param name="sequence">Its sequence, 0 where it was not taken.</param>
    /// <returns>False: no room now, because commits or the disk are behind, or the disk is full.</returns>
    /// <exception cref="RecordTooLargeException">The payload does not fit a group.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed before.</exception>
    /// <exception cref="StorageReadOnlyException">The log was opened read-only.</exception>
    /// <exception cref="ObjectDisposedException">The log is closed.</exception>
    public bool TryAppend(ReadOnlySpan<byte> payload, out long sequence)
    {
        CheckAppend(payload.Length, Durability.None);
        return Writer.Appender.TryAppend(payload, out sequence);
    }

    /// <summary>Appends records that commit together: after a crash all are there, or none.</summary>
    /// <param name="batch">The records; it must not change until the call completes.</param>
    /// <param name="durability">When the call completes; null for <see cref="DefaultDurability"/>.</param>
    /// <param name="cancellationToken">Cancels the wait, never a write that was admitted.</param>
    /// <returns>Their sequences. Await it once.</returns>
    /// <exception cref="ArgumentException">The batch is empty.</exception>
    /// <inheritdoc cref="AppendAsync"/>
    public ValueTask<SequenceRange> AppendBatchAsync(
        LogBatch batch,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count == 0)
        {
            throw new ArgumentException("The batch holds no record; add one.", nameof(batch));
        }

        Durability level = CheckAppend(0, durability);
        return Writer.Appender.AppendBatchAsync(batch, level, cancellationToken);
    }

    /// <summary>Completes once everything appended before the call survives a power loss.</summary>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="StorageReadOnlyException">The log was opened read-only.</exception>
    /// <exception cref="ObjectDisposedException">The log is closed.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) =>
        WaitDurableAsync(Math.Max(1, LastSequence), cancellationToken);

    /// <summary>Completes once a sequence that was given survives a power loss; forces the sync.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The sequence is below 1 or has not been given yet.
    /// </exception>
    /// <inheritdoc cref="FlushAsync"/>
    public ValueTask WaitDurableAsync(
        long sequence, CancellationToken cancellationToken = default)
    {
        LogWriter writer = Writer;
        ObjectDisposedException.ThrowIf(_closed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence, 1);
        long last = writer.LastSequence;
        if (last == 0)
        {
            return ValueTask.CompletedTask;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, last);
        Task wait = writer.Committer.WaitDurableAsync(sequence);
        return new ValueTask(wait.IsCompleted ? wait : wait.WaitAsync(cancellationToken));
    }

    /// <summary>Opens a reader that starts at a sequence.</summary>
    /// <param name="fromSequence">
    /// The first sequence to read: <see cref="FirstSequence"/> to one above the last.
    /// </param>
    /// <param name="options">How it reads; defaults where null.</param>
    /// <exception cref="TruncatedException">The sequence has been truncated.</exception>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 or has not been given.</exception>
    /// <exception cref="ObjectDisposedException">The log is closed.</exception>
    public LogReader OpenReader(long fromSequence, LogReaderOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(fromSequence, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fromSequence, LastSequence + 1);
        long first = FirstSequence;
        if (fromSequence < first)
        {
            throw new TruncatedException(fromSequence, first);
        }

        return new LogReader(
            _view,
            _environment,
            _lifetime?.Directory.Share() ?? _readOnly!.Share(),
            fromSequence,
            options ?? new LogReaderOptions(),
            _options.TimeProvider);
    }

    /// <summary>
    /// Finds the first durable record whose commit was at or after a time; null where all are older.
    /// </summary>
    /// <exception cref="CorruptionException">A group that had to be looked at is damaged.</exception>
    /// <exception cref="ObjectDisposedException">The log is closed.</exception>
    public ValueTask<long?> FindSequenceAsync(
        DateTimeOffset time, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        return new ValueTask<long?>(_environment.Scheduler.Run(
            () => TimeSearch.Find(_view, _environment.Files, time.UtcTicks), cancellationToken));
    }

    /// <summary>
    /// Removes all records below a sequence. On return that is durable: they will never be seen
    /// again. Space is freed in whole segments, soon after.
    /// </summary>
    /// <param name="sequence">
    /// The first sequence to keep: up to one above the last. At or below the present first one
    /// nothing happens.
    /// </param>
    /// <param name="cancellationToken">Cancels before the change is begun.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 or has not been given.</exception>
    /// <exception cref="StorageFullException">
    /// No space for the manifest, even after giving up the spares; nothing changed.
    /// </exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed before.</exception>
    /// <exception cref="StorageReadOnlyException">The log was opened read-only.</exception>
    /// <exception cref="ObjectDisposedException">The log is closed.</exception>
    public async ValueTask TruncateBeforeAsync(
        long sequence, CancellationToken cancellationToken = default)
    {
        LogWriter writer = Writer;
        ObjectDisposedException.ThrowIf(_closed, this);
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, writer.LastSequence + 1);
        if (sequence <= FirstSequence)
        {
            return;
        }

        // All of it where a segment is to go: it does only once its successor is durable.
        bool frees = writer.View.Map.CountBelow(sequence) > 0;
        long durable = frees ? LastSequence : sequence - 1;
        await _environment.Scheduler
            .Until(WaitDurableAsync(durable, cancellationToken).AsTask())
            .ConfigureAwait(false);
        await _lifetime!.TruncateBeforeAsync(sequence, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Copies the log into a directory, durable on return, while appending, reading and truncating go
    /// on: all that was durable before the call, and no part of a batch. <see cref="RestoreAsync(string,
    /// string, IProgress{BackupProgress}?, CancellationToken)"/> makes a log of it again.
    /// </summary>
    /// <remarks>
    /// <para>
    /// Into an older backup of the same log only what is new is copied, and the older one stays valid
    /// until the new one is complete. Every byte that is copied is verified, so damage is never
    /// backed up. Files are copied, never linked. The backup can be opened read-only as it is.
    /// </para>
    /// <para>
    /// Segments that are truncated meanwhile are in it, and keep their space until it ends. One backup
    /// runs at a time, further ones wait. Closing the log stops it.
    /// </para>
    /// </remarks>
    /// <param name="directory">
    /// Missing, empty, or an older backup of this log; not in the log's own directory.
    /// </param>
    /// <param name="progress">Told about every MiB.</param>
    /// <param name="cancellationToken">Stops it; the older backup stays as it is.</param>
    /// <returns>What was copied, and up to which sequence.</returns>
    /// <exception cref="ArgumentException">The directory is the log's own.</exception>
    /// <exception cref="DirectoryNotEmptyException">It holds files, and no backup.</exception>
    /// <exception cref="WrongStoreKindException">It holds a store, or another one's backup.</exception>
    /// <exception cref="DirectoryLockedException">A backup is being written into it.</exception>
    /// <exception cref="CorruptionException">
    /// A file of the log, or the older backup's manifest, is damaged.
    /// </exception>
    /// <exception cref="StorageFullException">No space; the older backup stays as it is.</exception>
    /// <exception cref="StorageIOException">A file call failed; the older backup stays.</exception>
    /// <exception cref="StorageFaultedException">The log can not be synced any more.</exception>
    /// <exception cref="StorageReadOnlyException">The log was opened read-only.</exception>
    /// <exception cref="ObjectDisposedException">The log is closed.</exception>
    public ValueTask<BackupReport> BackupAsync(
        string directory,
        IProgress<BackupProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _ = Writer;
        return new ValueTask<BackupReport>(_backups!.RunAsync(
            Path.GetFullPath(directory),
            GuardedProgress<BackupProgress>.Of(
                progress, _options.LoggerFactory ?? NullLoggerFactory.Instance),
            cancellationToken));
    }

    /// <summary>
    /// Takes no more appends, completes those taken, makes everything durable, seals the log and
    /// lets go of the directory. Idempotent: further calls wait for the first.
    /// </summary>
    /// <exception cref="StorageFaultedException">
    /// The log is faulted, or its last sync failed: what was not yet acknowledged may be lost.
    /// </exception>
    public ValueTask CloseAsync()
    {
        _closed = true;
        if (_lifetime is not null)
        {
            return new ValueTask(CloseCoreAsync(_lifetime));
        }

        _readOnly!.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// As <see cref="CloseAsync"/>, but a fault that a caller has seen already is not thrown again.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        bool seen = _closed || (_lifetime?.Writer.FaultReported ?? false);
        try
        {
            await CloseAsync().ConfigureAwait(false);
        }
        catch (StorageFaultedException) when (seen)
        {
            // Reported before, by the append, flush or close that met it.
        }
    }

    /// <summary>
    /// As <see cref="DisposeAsync"/>, while the calling thread waits: for <c>using</c> and for containers
    /// that are not disposed asynchronously.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task CloseCoreAsync(LogLifetime lifetime)
    {
        // A backup reads files that the next writer may recycle.
        await _backups!.StopAsync().ConfigureAwait(false);
        if (_retention is not null)
        {
            await _retention.StopAsync().ConfigureAwait(false);
        }

        try
        {
            await lifetime.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _entry?.Dispose();
        }
    }

    /// <summary>Gives the durability that holds.</summary>
    private Durability CheckAppend(int length, Durability? durability)
    {
        if (length > LogBatch.MaxPayloadBytes)
        {
            throw new RecordTooLargeException(
                "Record payload in bytes", length, LogBatch.MaxPayloadBytes);
        }

        Durability level = durability ?? _options.DefaultDurability;
        return (uint)level <= (uint)Durability.PowerLoss
            ? level
            : throw new ArgumentOutOfRangeException(
                nameof(durability), durability, "Unknown durability.");
    }
}
