using LogEngine.Engine;

namespace LogEngine.Maintenance;

/// <summary>
/// What is done about a full disk: space is kept back while there is some, and given up for what
/// frees space when there is none.
/// </summary>
/// <remarks>
/// All but <see cref="NoteRefused"/> and what it notes is not thread-safe:
/// <see cref="Maintainer"/> does one thing at a time.
/// </remarks>
internal sealed class FullDisk(
    MaintainedEngine engine,
    Garbage garbage,
    ExpirySweep expired,
    SnapshotSchedule snapshots,
    Relocator relocator,
    SegmentFreeing freeing)
{
    /// <summary>A pass is asked for by refusals, but not more often than that.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>A manifest without its segments, a first snapshot, and blocks begun.</summary>
    private const long BesidesSnapshot = 16 << 10;

    /// <summary>Of a manifest, for each segment.</summary>
    private const long BytesPerSegment = 64;

    private readonly StorageEngineOptions _options = engine.Options;
    private readonly SpaceReserve _reserve = engine.Reserve;

    /// <summary>Writes were refused for want of space since the last pass.</summary>
    private volatile bool _wasFull;
    private long _lastFull;

    /// <summary>Whether a write was refused that may find space once there was a pass.</summary>
    internal bool WasRefused => _wasFull;

    /// <summary>Whether <see cref="MakeSpaceAsync"/> is to be called.</summary>
    internal bool NeedsSpace => _wasFull || _reserve.IsInUse;

    /// <summary>
    /// A write was refused for want of space: maybe there is some by now. Whether it is worth a pass.
    /// </summary>
    internal bool NoteRefused()
    {
        long now = _options.TimeProvider.GetTimestamp();
        long last = Interlocked.Read(ref _lastFull);
        if (_wasFull
            || (last != 0 && _options.TimeProvider.GetElapsedTime(last, now) < Pause))
        {
            return false;
        }

        Interlocked.Exchange(ref _lastFull, now);
        _wasFull = true;
        return true;
    }

    /// <summary>
    /// Two segments, a snapshot and a manifest, once there is more than one segment: what it takes to
    /// compact. While it is in use it is kept back again with one segment too: writes wait for it.
    /// </summary>
    internal void KeepBack()
    {
        int segments = engine.Log.View.Map.Segments.Length;
        if (segments > 1 || _reserve.IsInUse)
        {
            long snapshot = snapshots.Keeper.Newest.Bytes;
            _reserve.Ensure(
                2 * _options.SegmentSizeBytes,
                snapshot + (snapshot / 4) + BesidesSnapshot + (segments * BytesPerSegment),
                besides: _options.SegmentSizeBytes);
        }
    }

    /// <summary>
    /// The disk is full: frees what is dead, then compacts step by step, each step out of what the
    /// one before has freed. Other writes are refused until the reserve is kept back again.
    /// </summary>
    internal async Task MakeSpaceAsync(CancellationToken token)
    {
        _wasFull = false;
        KeepBack();
        long dead = garbage.All().Sum(s => s.Segment.ReadableEnd - s.LiveBytes);
        if (dead < _options.SegmentSizeBytes || !(_reserve.IsInUse || _reserve.TryUse()))
        {
            return;
        }

        await expired.RunAsync(token).ConfigureAwait(false);
        bool moved;
        do
        {
            // First what needs no move at all.
            _reserve.UseForSnapshot();
            await snapshots.LetGoAsync(Pace.None, token).ConfigureAwait(false);
            await freeing.FreeAsync(despiteWatches: true).ConfigureAwait(false);
            KeepBack();
            moved = _reserve.IsInUse && await MoveSomeAsync(token).ConfigureAwait(false);
        }
        while (moved);
    }

    /// <summary>
    /// Compacts the deadest segments, as many as half a segment has room for; false if there was
    /// none, or no room.
    /// </summary>
    private async Task<bool> MoveSomeAsync(CancellationToken token)
    {
        long room = _options.SegmentSizeBytes / 2;
        bool any = false;
        foreach (SegmentSlot slot in garbage.All().Where(s => s.LiveRecords > 0))
        {
            long bytes = slot.LiveBytes;
            if (any && bytes > room)
            {
                break;
            }

            try
            {
                await relocator.RelocateAsync(slot, Pace.None, token)
                    .ConfigureAwait(false);
            }
            catch (StorageFullException) when (any)
            {
                // Those before it can be freed.
                break;
            }

            room -= bytes;
            any = true;
        }

        return any;
    }
}
