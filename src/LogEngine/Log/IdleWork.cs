namespace LogEngine.Log;

/// <summary>
/// When a log that is not written has something to do: a sync of what grew old unsynced, a mark for
/// what is durable but not attested.
/// </summary>
/// <remarks>
/// The delay of a mark starts at 100 ms and doubles up to one second while writes keep arriving
/// after it, so that a slow trickle of appends is not doubled by marks.
/// </remarks>
internal sealed class IdleWork : IDisposable
{
    internal static readonly TimeSpan FirstMarkDelay = TimeSpan.FromMilliseconds(100);
    internal static readonly TimeSpan LongestMarkDelay = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly TimeSpan _maxUnsyncedAge;
    private readonly ITimer _timer;

    // Commit role.
    private long _lastWrite;
    private TimeSpan _markDelay = FirstMarkDelay;
    private bool _markedSinceWrite;

    /// <summary>Timestamp for which the timer is set; under the gate, reset by the timer.</summary>
    private long _armedFor = long.MaxValue;

    internal IdleWork(TimeProvider time, TimeSpan maxUnsyncedAge, Action wake)
    {
        _time = time;
        _maxUnsyncedAge = maxUnsyncedAge;
        _lastWrite = time.GetTimestamp();
        _timer = time.CreateTimer(
            _ =>
            {
                Volatile.Write(ref _armedFor, long.MaxValue);
                wake();
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>A group with records was written. Commit role.</summary>
    internal void NoteWrite()
    {
        long now = _time.GetTimestamp();
        if (_time.GetElapsedTime(_lastWrite, now) >= LongestMarkDelay)
        {
            _markDelay = FirstMarkDelay;
        }
        else if (_markedSinceWrite)
        {
            TimeSpan doubled = _markDelay * 2;
            _markDelay = doubled < LongestMarkDelay ? doubled : LongestMarkDelay;
        }

        _markedSinceWrite = false;
        _lastWrite = now;
    }

    /// <summary>A group that only carries the mark was written. Commit role.</summary>
    internal void NoteMark() => _markedSinceWrite = true;

    internal bool MarkIsDue() => _time.GetElapsedTime(_lastWrite) >= _markDelay;

    internal bool SyncIsDue(GroupWriter writer) =>
        writer.HasUnsynced && _time.GetElapsedTime(writer.UnsyncedSince) >= _maxUnsyncedAge;

    /// <summary>Sets the timer for whatever is due next. Under the gate, with the role free.</summary>
    internal void Arm_NeedsLock(GroupWriter writer, bool owesMark)
    {
        long now = _time.GetTimestamp();
        TimeSpan due = TimeSpan.MaxValue;
        if (writer.HasUnsynced)
        {
            due = _maxUnsyncedAge - _time.GetElapsedTime(writer.UnsyncedSince, now);
        }

        if (owesMark)
        {
            TimeSpan mark = _markDelay - _time.GetElapsedTime(_lastWrite, now);
            due = mark < due ? mark : due;
        }

        if (due == TimeSpan.MaxValue)
        {
            return;
        }

        due = due > TimeSpan.Zero ? due : TimeSpan.Zero;
        long at = now + (long)(due.TotalSeconds * _time.TimestampFrequency);
        long armed = Volatile.Read(ref _armedFor);
        if (armed <= at && armed >= now)
        {
            // It fires earlier than needed and is then set again: a timer is not cheap to move.
            return;
        }

        Volatile.Write(ref _armedFor, at);
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();
}
