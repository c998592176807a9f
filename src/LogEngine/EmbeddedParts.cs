using LogEngine.Backups;
using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Running;
using LogEngine.Storage;

namespace LogEngine;

/// <summary>
/// What an embedded engine consists of: one that is open for writing with its backups, or one seen from
/// outside. How it is opened and how it ends.
/// </summary>
internal sealed class EmbeddedParts
{
    /// <summary>Null where it is open read-only; then the other one is not.</summary>
    private readonly EngineLifetime? _lifetime;
    private readonly ReadOnlyEngine? _readOnly;
    private readonly BackupRuns? _backups;

    /// <summary>That this process has the directory open; null where nobody can be refused for it.</summary>
    private readonly IDisposable? _entry;

    private EmbeddedParts(
        EngineLifetime lifetime,
        LogEnvironment environment,
        IFileSystem backupFiles,
        string directory,
        StorageEngineOptions options,
        IDisposable? entry)
    {
        _lifetime = lifetime;
        _entry = entry;
        _backups = new BackupRuns(
            BackupSource.Of(lifetime),
            backupFiles,
            isOwnDisk: ReferenceEquals(environment.Files, backupFiles));
        Directory = directory;
        Options = options;
        NextRandom = environment.NextRandom;
        State = lifetime.State;
        Reads = lifetime.Reads;
        Writer = lifetime.Writer;
    }

    private EmbeddedParts(
        ReadOnlyEngine readOnly,
        LogEnvironment environment,
        string directory,
        StorageEngineOptions options)
    {
        _readOnly = readOnly;
        Directory = directory;
        Options = options;
        NextRandom = environment.NextRandom;
        State = readOnly.State;
        Reads = readOnly.Reads;
    }

    internal string Directory { get; }

    /// <summary>What it was opened with.</summary>
    internal StorageEngineOptions Options { get; }

    internal Func<ulong> NextRandom { get; }

    internal CommittedIndex State { get; }

    internal EngineReads Reads { get; }

    /// <summary>The way of writes; null where it is open read-only.</summary>
    internal EngineWriter? Writer { get; }

    internal bool IsReadOnly => _readOnly is not null;

    /// <summary>The parts that write.</summary>
    /// <exception cref="StorageReadOnlyException">The engine was opened read-only.</exception>
    internal EngineLifetime Lifetime =>
        _lifetime ?? throw ReadOnly();

    /// <exception cref="StorageReadOnlyException">The engine was opened read-only.</exception>
    internal BackupRuns Backups => _backups ?? throw ReadOnly();

    internal RecoveryReport Report => _readOnly?.Report ?? Lifetime.Log.Report;

    /// <summary>What is live and dead in each segment.</summary>
    internal IReadOnlyList<SegmentUse> Segments =>
    [
        .. State.Slots.All.OrderBy(slot => slot.Segment.FirstSequence).Select(slot => new SegmentUse
        {
            File = Path.GetFileName(slot.Segment.Path),
            IsActive = !slot.Segment.IsSealed,
            FirstSequence = slot.Segment.FirstSequence,
            LastSequence = slot.Segment.LastSequence,
            WrittenBytes = slot.Segment.ReadableEnd,
            LiveBytes = slot.LiveBytes,
            LiveRecords = slot.LiveRecords,
            FreeBytes = slot.Segment.IsSealed
                ? 0
                : Math.Max(0, Options.SegmentSizeBytes - slot.Segment.ReadableEnd),
        }),
    ];

    internal EmbeddedStatistics Statistics =>
        _readOnly?.TakeStatistics() ?? Lifetime.TakeStatistics();

    /// <summary>What was committed; null where it is open read-only.</summary>
    internal CommitStatistics? Commits
    {
        get
        {
            if (_lifetime is null)
            {
                return null;
            }

            LogStatistics log = _lifetime.Log.Writer.Statistics;
            return new CommitStatistics
            {
                Groups = log.GroupsWritten,
                Writes = log.RecordsAppended,
                Syncs = log.Syncs,
                SyncTime = log.SyncTime,
            };
        }
    }

    internal long DurableSequence => _lifetime?.Log.Writer.View.Durable ?? State.Published;

    /// <summary>The last sequence that was given.</summary>
    internal long LastSequence => _lifetime?.Log.Writer.LastSequence ?? State.Published;

    internal Task<StorageFaultedException> Faulted =>
        _lifetime?.Log.Writer.Committer.Fault.Faulted ?? NeverFaulted.Task;

    /// <summary>A caller has seen the fault.</summary>
    internal bool FaultReported => _lifetime?.Log.Writer.FaultReported == true;

    private static TaskCompletionSource<StorageFaultedException> NeverFaulted { get; } = new();

    /// <summary>Opens a directory, and remembers for others who has it.</summary>
    internal static async ValueTask<EmbeddedParts> OpenAsync(
        string directory, StorageEngineOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await OpenAsync(
                LogEnvironment.Real,
                directory,
                options,
                path => OpenDirectories.Enter(path, nameof(StorageEngine), options.TimeProvider),
                cancellationToken).ConfigureAwait(false);
        }
        catch (DirectoryLockedException refusal)
        {
            throw OpenDirectories.Explain(refusal);
        }
    }

    /// <summary>Opens a directory of a given disk.</summary>
    /// <param name="environment">The disk and the scheduler.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="options">How.</param>
    /// <param name="enter">Called with its full path once it is open for writing; null for nobody.</param>
    /// <param name="cancellationToken">Cancels opening before it writes.</param>
    internal static async ValueTask<EmbeddedParts> OpenAsync(
        LogEnvironment environment,
        string directory,
        StorageEngineOptions options,
        Func<string, IDisposable>? enter,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        options.Validate();
        string path = Path.GetFullPath(directory);
        if (options.ReadOnly)
        {
            ReadOnlyEngine readOnly = await environment.Scheduler
                .Run(() => ReadOnlyEngine.Open(environment, path, options), cancellationToken)
                .ConfigureAwait(false);
            return new EmbeddedParts(readOnly, environment, path, options);
        }

        EngineLifetime lifetime = await EngineLifetime.OpenAsync(
            environment, path, options, cancellationToken).ConfigureAwait(false);
        return new EmbeddedParts(
            lifetime, environment, environment.Files, path, options, enter?.Invoke(path));
    }

    /// <summary>Opens an empty one on a disk in memory; its backups go to the real one.</summary>
    internal static EmbeddedParts OpenInMemory(StorageEngineOptions options)
    {
        options.Validate();
        if (options.ReadOnly)
        {
            throw new ArgumentException(
                "An engine in memory is empty at first: read-only it would stay so.",
                nameof(options));
        }

        const string Place = "/memory";
        LogEnvironment environment = LogEnvironment.InMemory();
        return new EmbeddedParts(
            EngineLifetime.Open(environment, Place, options),
            environment,
            LogEnvironment.Real.Files,
            Place,
            options,
            entry: null);
    }

    internal async Task CloseAsync()
    {
        if (_readOnly is not null)
        {
            _readOnly.Close();
            return;
        }

        // A backup reads files that the next writer may recycle.
        await _backups!.StopAsync().ConfigureAwait(false);
        try
        {
            await Lifetime.CloseAsync().ConfigureAwait(false);
        }
        finally
        {
            _entry?.Dispose();
        }
    }

    /// <summary>The refusal of what only an engine that is open for writing can do.</summary>
    internal StorageReadOnlyException ReadOnly() => new(_readOnly!.Report.Directory);
}
