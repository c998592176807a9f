namespace LogEngine.Stores.Topics;

/// <summary>
/// The end of a topic of one process: offsets given, and how far readers may go, which is up to the first
/// offset whose commit is still on its way.
/// </summary>
/// <remarks>One lock; nothing is awaited or completed under it.</remarks>
internal sealed class TopicState(long nextOffset, TopicNews news)
{
    private readonly Lock _gate = new();
    private readonly SortedSet<long> _arriving = [];
    private long _next = nextOffset;

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
        bool isGap;
        bool isMore;
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

            isMore = End_NeedsLock > before;
        }

        if (isMore)
        {
            news.Tell();
        }

        return !isGap;
    }
}
