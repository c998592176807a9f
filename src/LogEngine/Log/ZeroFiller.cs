using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// Makes blocks ready ahead of the commits: reserves their space and, while somebody wants groups
/// durable, writes zeros to them, so that a data-sync write changes no metadata.
/// </summary>
/// <remarks>
/// The preparer's worker uses it, but for <see cref="NoteWritten"/>. What fails here does no harm, except a
/// sync, which faults the log.
/// </remarks>
internal sealed class ZeroFiller(LogFiles files, SparePool spares)
{
    /// <summary>Prepared ahead at least; also the step of allocation, and of syncs.</summary>
    internal const int MinAheadBytes = 1 << 20;

    private const int EnoughWeakGroups = 256;

    /// <summary>
    /// Groups in a row that nobody wanted durable: after so many, zeros ahead of them would be written for
    /// nothing. The commit role's own; read by the worker a moment behind.
    /// </summary>
    private volatile int _weakGroups;

    /// <summary>Whether zeros are written ahead, or space is only reserved.</summary>
    internal bool FillsZeros => _weakGroups < EnoughWeakGroups;

    /// <summary>No space was to be had; until somebody asks for it again.</summary>
    internal bool IsPaused { get; set; }

    /// <summary>How far a file is as ready as files are made now.</summary>
    internal long ReadyEnd(PreparedFile file) => FillsZeros ? file.Prepared : file.Allocated;

    /// <summary>A group was written. Commit role.</summary>
    /// <returns>Whether zeros are wanted again.</returns>
    internal bool NoteWritten(bool durable)
    {
        int weak = _weakGroups;
        _weakGroups = durable ? 0 : Math.Min(weak + 1, EnoughWeakGroups);
        return durable && weak == EnoughWeakGroups;
    }

    /// <summary>One step for a file that nobody may close meanwhile; false where none is left.</summary>
    internal bool TryFill(PreparedFile file, bool isActive, long upTo)
    {
        if (!spares.TryHold(file, isActive))
        {
            return false;
        }

        try
        {
            return FillHeld(file, RoundUp(upTo, file.Capacity));
        }
        finally
        {
            spares.Release();
        }
    }

    /// <summary>Reserves space for whoever waits for it; on a full disk gives up the spares.</summary>
    internal Exception? TryAllocateNow(PreparedFile file, long end)
    {
        end = RoundUp(end, file.Capacity);
        Exception? refused = TryAllocate(file, end);
        return refused is StorageFullException && spares.GiveUp() ? TryAllocate(file, end) : refused;
    }

    /// <summary>One zero write, or the sync that makes some of them count; false when done.</summary>
    private bool FillHeld(PreparedFile file, long upTo)
    {
        if (file.Prepared >= upTo)
        {
            return false;
        }

        if (file.Allocated < upTo && TryAllocate(file, upTo) is not null)
        {
            IsPaused = true;
            return true;
        }

        if (!FillsZeros)
        {
            return false;
        }

        if (file.UnsyncedFill < MinAheadBytes
            && file.TryBeginFill(upTo, out long start, out int length))
        {
            bool filled = false;
            try
            {
                filled = files.TryZero(file, start, length);
            }
            finally
            {
                file.EndFill(filled);
            }

            IsPaused = !filled;
            return true;
        }

        if (file.UnsyncedFill == 0)
        {
            // What is left below belongs to the committer.
            return false;
        }

        LogFiles.Sync(file);
        file.PublishFilled();
        return true;
    }

    private Exception? TryAllocate(PreparedFile file, long end)
    {
        try
        {
            files.Allocate(file, end);
            return null;
        }
        catch (Exception refused) when (refused is StorageFullException or StorageIOException)
        {
            return refused;
        }
    }

    private static long RoundUp(long end, long capacity) =>
        Math.Min(capacity, FormatLimits.AlignUp(end, MinAheadBytes));
}
