using LogEngine.Engine;
using LogEngine.Log;

namespace LogEngine.Maintenance;

/// <summary>Watches how segments die, and names the one to be rewritten next.</summary>
/// <remarks>
/// Not thread-safe: <see cref="Maintainer"/> does one thing at a time. Its clock is the log: so
/// many bytes written, not so much time, so that nothing changes its mind on a log that rests.
/// </remarks>
internal sealed class CompactionPolicy(
    StorageEngineOptions options, CommittedIndex state, LogCounters counters, Garbage garbage)
{
    private readonly CostBenefit _choice =
        new(options.CompactionThreshold, options.SegmentSizeBytes);

    private long _bytesAtLook;

    /// <summary>Notes what has died since the last look, if there is enough log in between.</summary>
    internal void Look()
    {
        long log = counters.BytesWritten - _bytesAtLook;
        if (log < options.SegmentSizeBytes / 2)
        {
            return;
        }

        _bytesAtLook = counters.BytesWritten;
        foreach (SegmentSlot slot in state.Slots.All)
        {
            slot.NoteDied(log);
        }
    }

    /// <summary>The segment to rewrite now; null for none.</summary>
    internal SegmentSlot? Choose(WriteActivity activity)
    {
        if (options.CompactionThreshold >= 1)
        {
            return null;
        }

        SegmentSlot[] movable = [.. state.Slots.All.Where(Garbage.IsMovable)];
        int chosen = _choice.Choose([.. movable.Select(garbage.WearOf)], activity);
        return chosen < 0 ? null : movable[chosen];
    }
}
