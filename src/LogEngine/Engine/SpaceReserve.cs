using LogEngine.Log;
using LogEngine.Storage;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Engine;

/// <summary>
/// Disk space kept back for what frees space: on a full disk it is given up, and only deletes,
/// relocations and snapshots may use it, until there is enough space to keep it back again.
/// </summary>
/// <remarks>
/// In two parts, since segments are large and would leave nothing: what snapshots and manifests need is
/// given up by itself, when one of them is about to be written. Without them no segment can be freed.
/// Thread-safe.
/// </remarks>
internal sealed class SpaceReserve(
    IFileSystem files, string directory, IStoreFiles store, ILogger logger)
{
    /// <summary>Tries of a removal on a full disk, with compaction in between.</summary>
    private const int MostTries = 4;

    private readonly Lock _gate = new();
    private readonly ReservedFile _segments = new(files, directory, store);
    private readonly ReservedFile _snapshots = new(files, directory, store);
    private volatile bool _inUse;

    /// <summary>Told of each write that is refused because of it; must only note it.</summary>
    internal Action? Refused { get; set; }

    /// <summary>Compacts out of what is left; set by who can.</summary>
    internal Func<Task>? Compact { get; set; }

    /// <summary>
    /// The disk is full, and what is left is for what frees space: other writes are refused.
    /// </summary>
    internal bool IsInUse => _inUse;

    /// <summary>Keeps back at least so many bytes, if the disk has them; then writes go on.</summary>
    /// <param name="forSegments">Bytes to keep back for deletes and relocations.</param>
    /// <param name="forSnapshots">Bytes to keep back for a snapshot and a manifest.</param>
    /// <param name="besides">
    /// Bytes that must be free besides while it is in use: what was given up a moment ago must not be
    /// taken back before anybody had it.
    /// </param>
    internal void Ensure(long forSegments, long forSnapshots, long besides)
    {
        bool over = false;
        lock (_gate)
        {
            // The small one first: without it the other frees nothing.
            if (_snapshots.TryKeep(forSnapshots, 0)
                && _segments.TryKeep(forSegments, _inUse ? besides : 0))
            {
                over = _inUse;
                _inUse = false;
            }
        }

        if (over)
        {
            LogEvents.ReserveKept(logger);
        }
    }

    /// <summary>
    /// Gives up what is kept for deletes and relocations; true if there is space now that there was not
    /// before.
    /// </summary>
    internal bool TryUse()
    {
        bool freed;
        lock (_gate)
        {
            if (!_segments.IsKept)
            {
                return false;
            }

            // First: nobody else shall take what becomes free.
            _inUse = true;
            freed = _segments.GiveUp();
        }

        LogEvents.ReserveGivenUp(logger);
        return freed;
    }

    /// <summary>Gives up what is kept for a snapshot and a manifest: they are about to be written.</summary>
    internal void UseForSnapshot()
    {
        lock (_gate)
        {
            _snapshots.GiveUp();
        }
    }

    /// <summary>Whether a removal that met a full disk may be tried again, in what is kept for it.</summary>
    internal bool MayUse() => TryUse() || _inUse;

    /// <summary>
    /// Tries again what frees space, in the space that compaction makes of the reserve; it may be using it
    /// just now.
    /// </summary>
    internal async ValueTask<T> InSpaceMadeAsync<T>(Func<ValueTask<T>> append)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await append().ConfigureAwait(false);
            }
            catch (StorageFullException) when (attempt < MostTries)
            {
                await MakeSpaceAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Refuses what takes space while what is left is kept for what frees some.</summary>
    /// <exception cref="StorageFullException">It is kept.</exception>
    internal void RequireSpace()
    {
        if (_inUse)
        {
            throw Refuse();
        }
    }

    /// <summary>The refusal of a write; told to who makes space.</summary>
    internal StorageFullException Refuse()
    {
        Refused?.Invoke();
        return new StorageFullException(
            directory, "what is left of the disk is kept for deletes and for compaction");
    }

    /// <summary>The engine is closed: nobody needs it any more.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _segments.GiveUp();
            _snapshots.GiveUp();
        }
    }

    /// <summary>
    /// Completes when compaction has had a turn; that it could not do anything is no error here.
    /// </summary>
    private async Task MakeSpaceAsync()
    {
        try
        {
            await (Compact?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StorageFullException or StorageIOException
            or CorruptionException or OperationCanceledException)
        {
            // Whoever waits for space tries again, and says what it meets.
        }
    }
}
