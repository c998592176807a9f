using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// Groups whose writes are on their way beside others: launched with the commit role, written without it
/// by any thread, landed in the order of the log. The argument is in docs/durability.md.
/// </summary>
internal sealed class Flights
{
    private readonly CommitQueue _queue;
    private readonly CommitRole _role;
    private readonly GroupWriter _writer;
    private readonly LogFault _fault;
    private readonly Acknowledgement _answers;
    private readonly Gathering _gathering;
    private readonly CommitParts _parts;

    internal Flights(CommitParts parts, CommitRole role, Acknowledgement answers)
    {
        _parts = parts;
        _queue = parts.Queue;
        _writer = parts.Writer;
        _fault = parts.Fault;
        _role = role;
        _answers = answers;
        _gathering = parts.Gathering;
    }

    /// <summary>Whether a group that is just sealed is to be written beside others; with the role.</summary>
    internal bool MayFly(Group group)
    {
        bool isPlain;
        lock (_queue.Gate)
        {
            isPlain = _queue.IsPlain_NeedsLock(group);
        }

        return isPlain && _writer.MayFly(group);
    }

    /// <summary>Readies a sealed group to be written beside others, and gives the role back.</summary>
    internal void Launch(Group group, CommitThread? thread)
    {
        group.Flight.Reset();
        try
        {
            _writer.Launch(group);
        }
        catch (Exception cause)
        {
            group.Flight.Failure = cause;
        }

        lock (_queue.Gate)
        {
            _queue.Launch_NeedsLock(group);
            _queue.AssertInvariants_NeedsLock();
            if (thread is not null)
            {
                thread.IsFlying = true;
            }
        }

        _role.PassOn();
    }

    /// <summary>
    /// Writes a launched group; then lands it, and those behind it whose writes are over, where all
    /// before it have landed. Else whoever lands these will.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="thread">Which of the committer's threads it is; null for an appender's.</param>
    internal void Fly(Group group, CommitThread? thread)
    {
        if (group.Flight.Failure is null)
        {
            try
            {
                _writer.Fly(group);
            }
            catch (Exception cause)
            {
                group.Flight.Failure = cause;
            }
        }

        Group? next;
        lock (_queue.Gate)
        {
            next = _queue.BeginLanding_NeedsLock(group);
            if (thread is not null)
            {
                thread.IsFlying = false;
            }
        }

        while (next is { } first)
        {
            Land(first);
            lock (_queue.Gate)
            {
                next = _queue.EndLanding_NeedsLock(first);
                _queue.AssertInvariants_NeedsLock();
            }
        }

        // Buffers are free, and those still in line may have been waiting for one.
        _parts.Line.AdmitWaiting();
    }

    /// <summary>The first group in flight, whose write is over, counts; or it faults the log.</summary>
    private void Land(Group group)
    {
        int completed = group.WaiterCount;
        TimeSpan took = group.Flight.Took;
        Exception? failure = group.Flight.Failure;
        try
        {
            // Behind a failure nothing counts, whatever reached the disk.
            if (failure is null && !_fault.IsSet)
            {
                _parts.Observer?.Apply(
                    group.Segment.View,
                    group.Offset + GroupHeader.Size,
                    group.Records(GroupHeader.Size));
                _writer.Land(group);
                _parts.Idle.NoteWrite();
                _parts.Observer?.Publish();
            }
        }
        catch (Exception cause)
        {
            failure = cause;
        }

        if (failure is not null)
        {
            _answers.Fail(group, failure);
        }
        else if (_answers.Complete(group))
        {
            _gathering.Expect(completed, took);
        }
    }
}
