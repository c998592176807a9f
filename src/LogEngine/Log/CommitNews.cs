using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace LogEngine.Log;

/// <summary>
/// What the commit path has to tell. It is noted there, in a place for one of a kind, and told by the
/// preparer's worker: no logger runs where commits are made.
/// </summary>
internal sealed class CommitNews(ILogger logger, string directory)
{
    /// <summary>A sync that takes longer than that is told of.</summary>
    internal static readonly TimeSpan SlowSync = TimeSpan.FromSeconds(1);

    /// <summary>The longest slow sync that has not been told of, in ticks; 0 for none.</summary>
    private long _slowest;
    private Exception? _fault;

    /// <summary>Appends are being refused; the worker's own.</summary>
    private bool _isRefusing;

    /// <summary>False where nobody listens: then there is nothing to wake the worker for.</summary>
    internal bool IsHeard { get; } = logger is not NullLogger;

    /// <summary>The log is faulted.</summary>
    internal void NoteFault(Exception fault) => Volatile.Write(ref _fault, fault);

    /// <summary>How long a sync took; true if that is to be told. Commit role.</summary>
    internal bool NoteSync(TimeSpan took)
    {
        if (took < SlowSync || !IsHeard)
        {
            return false;
        }

        Volatile.Write(ref _slowest, Math.Max(Volatile.Read(ref _slowest), took.Ticks));
        return true;
    }

    /// <summary>Tells what was noted; the worker, and whoever closes once it has ended.</summary>
    internal void Tell()
    {
        if (Volatile.Read(ref _slowest) != 0)
        {
            LogEvents.SlowSync(
                logger,
                directory,
                Interlocked.Exchange(ref _slowest, 0) / TimeSpan.TicksPerMillisecond);
        }

        if (Volatile.Read(ref _fault) is not null)
        {
            LogEvents.Faulted(logger, directory, Interlocked.Exchange(ref _fault, null)!);
        }
    }

    /// <summary>Tells when refusing begins and when it ends; the worker.</summary>
    internal void TellRoom(Exception? refused)
    {
        if (refused is not null && !_isRefusing)
        {
            LogEvents.SpaceRefused(logger, directory, refused);
        }
        else if (refused is null && _isRefusing)
        {
            LogEvents.SpaceFound(logger, directory);
        }

        _isRefusing = refused is not null;
    }

    /// <summary>Tells that a segment is complete; the worker.</summary>
    internal void TellFilled(Segment segment)
    {
        if (segment.LastSequence >= segment.Header.FirstSequence)
        {
            LogEvents.SegmentFilled(
                logger,
                directory,
                segment.Header.SegmentId,
                segment.Header.FirstSequence,
                segment.LastSequence);
        }
    }
}
