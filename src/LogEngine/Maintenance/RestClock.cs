using LogEngine.Log;

namespace LogEngine.Maintenance;

/// <summary>How long nothing has been written.</summary>
internal enum WriteActivity
{
    /// <summary>Something was a moment ago.</summary>
    Busy,

    /// <summary>For some seconds: what is done now disturbs nobody.</summary>
    Resting,

    /// <summary>For longer: what has not died by now will not soon.</summary>
    Ended,
}

/// <summary>Since when nothing but maintenance itself has written to the log.</summary>
/// <remarks>Not thread-safe: <see cref="Maintainer"/> does one thing at a time.</remarks>
internal sealed class RestClock(LogCounters counters, TimeProvider time)
{
    private static readonly TimeSpan UntilResting = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan UntilEnded = TimeSpan.FromSeconds(30);

    private long _payloadAtEnd = -1;
    private long _writtenAt;

    /// <summary>As a pass begins.</summary>
    internal WriteActivity Look()
    {
        if (counters.PayloadBytes != _payloadAtEnd)
        {
            _writtenAt = time.GetTimestamp();
            return WriteActivity.Busy;
        }

        TimeSpan rest = time.GetElapsedTime(_writtenAt);
        return rest >= UntilEnded ? WriteActivity.Ended
            : rest >= UntilResting ? WriteActivity.Resting
            : WriteActivity.Busy;
    }

    /// <summary>As it ends: what was written since it began may have been its own.</summary>
    internal void NoteEnd() => _payloadAtEnd = counters.PayloadBytes;

    /// <summary>Time from now on until that may be reached.</summary>
    internal TimeSpan Until(WriteActivity activity)
    {
        TimeSpan left = (activity == WriteActivity.Ended ? UntilEnded : UntilResting)
            - time.GetElapsedTime(_writtenAt);
        return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
    }
}
