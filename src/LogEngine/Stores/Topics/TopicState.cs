using LogEngine.Stores.Queues;

namespace LogEngine.Stores.Topics;

/// <summary>
/// The end of a topic: offsets given, and how far readers may go, which is up to the first offset whose
/// commit is still on its way.
/// </summary>
/// <remarks>One lock; nothing is awaited or completed under it.</remarks>
internal sealed class TopicState(long nextOffset)
{
    private readonly Lock _gate = new();
    private readonly SortedSet<long> _arriving = [];
    private readonly ReceiveWaiters _waiters = new();
    private readonly Draining _draining = new();
    private long _next = nextOffset;

    /// <summary>What ended the engine under the topic; null while it goes on.</summary>
    private Exception? _ended;

    /// <summary>Offset behind the last one that may be read.</summary>
    internal long End
    {
        get
        {
            lock (_gate)
            {
                return End_NeedsLock;
            }
        }
    }

    private long End_NeedsLock => _arriving.Count == 0 ? _next : _arriving.Min;

    /// <summary>Gives offsets to a commit that begins; the first of them.</summary>
    internal long Begin(int count)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(Topic));
            long first = _next;
            for (int i = 0; i < count; i++)
            {
                _arriving.Add(_next++);
            }

            return first;
        }
    }

    /// <summary>
    /// The commit is done, or has failed; then its offsets are given again, unless later ones are on
    /// their way already: readers have gone no further than the first of them.
    /// </summary>
    /// <returns>False where the offsets stay empty.</returns>
    internal bool Settle(long first, int count, bool isWritten)
    {
        List<TaskCompletionSource>? woken = null;
        bool isGap;
        lock (_gate)
        {
            long before = End_NeedsLock;
            isGap = !isWritten && first + count < _next;
            for (int i = 0; i < count; i++)
            {
                _arriving.Remove(first + i);
            }

            if (!isWritten && !isGap)
            {
                _next = first;
            }

            if (End_NeedsLock > before)
            {
                // Each group reads for itself: all of them look.
                woken = _waiters.Take(_waiters.Count);
            }

            _draining.Note(_arriving.Count == 0);
        }

        ReceiveWaiters.Wake(woken);
        return !isGap;
    }

    /// <summary>Stands in line if nothing can be read from there; null where something can.</summary>
    internal LinkedListNode<TaskCompletionSource>? WaitBehind(long position)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(Topic));
            if (End_NeedsLock > position)
            {
                return null;
            }

            return _ended is not { } cause ? _waiters.Add()
                : throw (cause is ObjectDisposedException
                    ? new ObjectDisposedException(nameof(StorageEngine))
                    : cause);
        }
    }

    internal void Leave(LinkedListNode<TaskCompletionSource> waiter)
    {
        lock (_gate)
        {
            _waiters.Remove(waiter);
        }
    }

    /// <summary>The engine is closed or faulted: whoever waits, now or later, is told.</summary>
    internal void EndWithEngine(Exception cause)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            _ended ??= cause;
            woken = _waiters.Take(_waiters.Count);
        }

        ReceiveWaiters.Wake(woken);
    }

    internal Task CloseAsync()
    {
        List<TaskCompletionSource>? woken;
        Task drained;
        lock (_gate)
        {
            woken = _waiters.Take(_waiters.Count);
            drained = _draining.Begin(_arriving.Count == 0);
        }

        ReceiveWaiters.Wake(woken);
        return drained;
    }
}
