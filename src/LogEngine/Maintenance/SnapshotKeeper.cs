using LogEngine.Engine;
using LogEngine.Index;
using LogEngine.Log;
using LogEngine.Snapshots;
using LogEngine.Storage;

namespace LogEngine.Maintenance;

/// <summary>Writes snapshots of the index and keeps the newest ones.</summary>
/// <remarks>Not thread-safe: <see cref="Maintainer"/> does one thing at a time.</remarks>
internal sealed class SnapshotKeeper
{
    /// <summary>Commits that go first between two pieces of a snapshot, if they are on their way.</summary>
    private const int CommitsPerPiece = 4;

    private readonly IFileSystem _files;
    private readonly IScheduler _scheduler;
    private readonly IStoreFiles _store;
    private readonly LogWriter _log;
    private readonly CommittedIndex _state;
    private readonly int _keep;
    private volatile IReadOnlyList<RetainedSnapshot> _retained;

    internal SnapshotKeeper(MaintainedEngine engine, IReadOnlyList<RetainedSnapshot> retained)
    {
        _files = engine.Environment.Files;
        _scheduler = engine.Scheduler;
        _store = engine.Store;
        _log = engine.Log;
        _state = engine.State;
        _keep = engine.Options.RetainedSnapshots;
        _retained = retained;
    }

    /// <summary>Listed snapshots, oldest first.</summary>
    internal IReadOnlyList<RetainedSnapshot> Retained => _retained;

    internal long Written { get; private set; }

    internal RetainedSnapshot Newest => _retained.Count == 0 ? default : _retained[^1];

    /// <summary>
    /// Writes one of the newest root, unless there is one of it and none is forced; gives the
    /// sequence. Between its pieces <paramref name="pace"/> is told how many bytes there were.
    /// </summary>
    internal async Task<long> WriteAsync(
        bool force, Func<long, Task> pace, CancellationToken cancellationToken)
    {
        // Not counted among the pins: what it points at is freed by nobody but the caller, later.
        using PinnedRoot root = _state.Index.Pin();
        if (!force && _retained.Count > 0 && Newest.Sequence == root.Sequence)
        {
            return root.Sequence;
        }

        // A snapshot of what a power loss takes out of the log would be a state that never was.
        await _scheduler.Until(_log.Committer.WaitDurableAsync(root.Sequence))
            .ConfigureAwait(false);
        ulong number = _store.DrawFileNumber();
        string path = PathOf(number);
        (long bytes, ulong salt) = await WriteFileAsync(path, root, pace, cancellationToken)
            .ConfigureAwait(false);
        await RetainAsync(new RetainedSnapshot(number, root.Sequence, bytes, salt))
            .ConfigureAwait(false);
        Written++;
        return root.Sequence;
    }

    private async Task<(long Bytes, ulong Salt)> WriteFileAsync(
        string path, PinnedRoot root, Func<long, Task> pace, CancellationToken cancellationToken)
    {
        using IndexSnapshotWriter writer = await _scheduler.Run(
            () => IndexSnapshotWriter.Begin(_files, path, _store.StoreId, root, _state.Slots),
            cancellationToken).ConfigureAwait(false);
        bool more;
        do
        {
            long before = writer.Bytes;
            more = await _scheduler.Run(
                () => writer.WritePiece(cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            if (more)
            {
                await LetCommitsPassAsync().ConfigureAwait(false);
                await pace(writer.Bytes - before).ConfigureAwait(false);
            }
        }
        while (more);
        return await _scheduler.Run(
            () =>
            {
                writer.Commit();
                return (writer.Bytes, writer.Salt);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Between two pieces some commits go first, as long as one is on its way: so however urgent a snapshot
    /// is, those who write have the most of the disk and of the processor. It costs no sync and asks no
    /// clock.
    /// </summary>
    private async Task LetCommitsPassAsync()
    {
        for (int i = 0; i < CommitsPerPiece; i++)
        {
            // Taken before the look, so that the end of a commit that is seen on its way is not missed; a
            // fault ends it too.
            Task change = _log.View.Changed.NextAsync();
            if (_log.LastSequence <= _log.View.Written || _log.View.Fault() is not null)
            {
                return;
            }

            await _scheduler.Until(change).ConfigureAwait(false);
        }
    }

    /// <summary>Lists it, and then, durably unlisted, removes those that are too many.</summary>
    private async Task RetainAsync(RetainedSnapshot added)
    {
        IReadOnlyList<RetainedSnapshot> all = [.. _retained, added];
        IReadOnlyList<RetainedSnapshot> kept = [.. all.Skip(Math.Max(0, all.Count - _keep))];
        try
        {
            IEnumerable<ManifestSnapshot> listed =
                kept.Select(s => new ManifestSnapshot(s.FileNumber, s.Salt));
            await _store.RetainAsync([.. listed]).ConfigureAwait(false);
        }
        catch
        {
            // Not listed: the next open would sweep it.
            Remove(added);
            throw;
        }

        _retained = kept;
        foreach (RetainedSnapshot old in all.Take(all.Count - kept.Count))
        {
            Remove(old);
        }
    }

    private string PathOf(ulong number) =>
        Path.Combine(_log.View.Directory, FileNames.IndexSnapshot(number));

    private void Remove(RetainedSnapshot snapshot)
    {
        try
        {
            _files.Unlink(PathOf(snapshot.FileNumber));
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            // No manifest lists it: the next open sweeps it.
        }
    }
}
