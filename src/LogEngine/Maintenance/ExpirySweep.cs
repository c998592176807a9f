using LogEngine.Engine;
using LogEngine.Index;

namespace LogEngine.Maintenance;

/// <summary>
/// Ends values that have expired by deletes in the log, so that they leave the index and their space
/// becomes garbage, also where nobody reads them and where their bytes are chunks.
/// </summary>
/// <remarks>
/// Not thread-safe: <see cref="Maintainer"/> does one thing at a time, and nothing is freed beside
/// it, so a location that is still in the index is the one that was seen to have expired.
/// </remarks>
internal sealed class ExpirySweep(MaintainedEngine engine)
{
    /// <summary>Entries looked at in one go: about a millisecond.</summary>
    private const int EntriesAtOnce = 20_000;

    /// <summary>Deletes of one batch: the committer applies them while writers wait.</summary>
    private const int DeletesAtOnce = 256;

    /// <summary>Of all time, a sweep of an index that has expiring values may take so little.</summary>
    private const int RestPerWork = 100;

    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait before the clock is looked at again: it may have been set.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private static readonly byte[] First = IndexKey.EndOf(KeyspaceTable.Chunks);
    private static readonly byte[] End = IndexKey.StartOf(KeyspaceTable.ChunkMarkers);

    private readonly CommittedIndex _state = engine.State;
    private readonly TimeProvider _time = engine.Time;
    private long _restUntil;

    /// <summary>For when the next pass is planned, in UTC ticks.</summary>
    private long _plannedTicks = long.MaxValue;

    /// <summary>
    /// Whether something expires well before the next pass is planned. Only compares two numbers; any
    /// thread.
    /// </summary>
    internal bool IsSoonerThanPlanned =>
        _state.NextExpiry < Volatile.Read(ref _plannedTicks) - ShortestRest.Ticks;

    /// <summary>Time until there may be something to do; null for never.</summary>
    internal TimeSpan? DueIn
    {
        get
        {
            if (_state.NextExpiry == long.MaxValue)
            {
                return null;
            }

            long ticks = Math.Max(
                _state.NextExpiry - _time.GetUtcNow().UtcTicks,
                _time.GetElapsedTime(_time.GetTimestamp(), _restUntil).Ticks);
            return TimeSpan.FromTicks(Math.Clamp(ticks, 0, LongestWait.Ticks));
        }
    }

    /// <summary>As <see cref="DueIn"/>, and from now on that is when it is planned for.</summary>
    internal TimeSpan? Plan()
    {
        TimeSpan? due = DueIn;
        Volatile.Write(
            ref _plannedTicks,
            due is null ? long.MaxValue : _time.GetUtcNow().UtcTicks + due.Value.Ticks);
        return due;
    }

    /// <summary>Ends all that have expired by now.</summary>
    internal async Task RunAsync(CancellationToken token)
    {
        long now = _time.GetUtcNow().UtcTicks;
        long began = _time.GetTimestamp();
        long soonest = _state.TakeNextExpiry();
        if (soonest > now)
        {
            _state.NoteExpiry(soonest);
            return;
        }

        TimeSpan worked = TimeSpan.Zero;
        try
        {
            Found found = new(First, new RelocationBatch(_state), long.MaxValue);
            do
            {
                long before = _time.GetTimestamp();
                byte[] from = found.Next!;
                long known = found.Soonest;
                found = await engine.Scheduler.Run(() => Look(from, now, known), token)
                    .ConfigureAwait(false);
                worked += _time.GetElapsedTime(before);
                await AppendAsync(found.Expired).ConfigureAwait(false);
            }
            while (found.Next is not null);
            soonest = found.Soonest;
        }
        finally
        {
            // Where it was cut short there is as much to do as before.
            _state.NoteExpiry(soonest);
            TimeSpan rest = worked * RestPerWork;
            rest = rest > ShortestRest ? rest : ShortestRest;
            _restUntil = _time.GetTimestamp()
                + (long)(rest.TotalSeconds * _time.TimestampFrequency);
        }
    }

    /// <summary>
    /// Looks on from a key. Each look has a root of its own: one that is held makes writers copy.
    /// </summary>
    private Found Look(byte[] from, long now, long soonest)
    {
        RelocationBatch expired = new(_state);
        using PinnedRoot root = _state.Index.Pin();
        IndexCursor cursor = root.Seek(from, End);
        for (int looked = 0; cursor.MoveNext(); looked++)
        {
            if (looked == EntriesAtOnce || expired.Count == DeletesAtOnce)
            {
                return new Found(cursor.Key.ToArray(), expired, soonest);
            }

            IndexValue value = cursor.Value;
            if (value.IsExpiredAt(now))
            {
                expired.AddRemoval(
                    value,
                    IndexKey.KeyspaceOf(cursor.Key),
                    cursor.Key[IndexKey.PrefixSize..]);
            }
            else if (value.ExpiresTicks != 0)
            {
                soonest = Math.Min(soonest, value.ExpiresTicks);
            }
        }

        return new Found(null, expired, soonest);
    }

    private async Task AppendAsync(RelocationBatch expired)
    {
        if (!expired.IsEmpty)
        {
            await engine.Scheduler.Until(engine.Log.Appender.AppendLateAsync(
                expired, Durability.ProcessCrash, CancellationToken.None).AsTask())
                .ConfigureAwait(false);
        }
    }

    /// <summary>What one look came to.</summary>
    /// <param name="Next">Where the next one begins; null at the end.</param>
    /// <param name="Expired">The deletes.</param>
    /// <param name="Soonest">When the first of the others expires.</param>
    private sealed record Found(byte[]? Next, RelocationBatch Expired, long Soonest);
}
