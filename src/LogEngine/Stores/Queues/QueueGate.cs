using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>
/// The lock of a queue with all that it guards: where every message is, who waits for one, who has the
/// queue open, and the alarm that rings when time brings something.
/// </summary>
/// <remarks>
/// Under the lock nothing is awaited, written or completed, and of messages only keys are read. What
/// begins under it (an admission, a delivery, a settlement) is carried out by the caller and reported.
/// </remarks>
internal sealed class QueueGate : IDisposable
{
    private readonly QueueAlarm _alarm;
    private readonly List<QueueUser> _users = [];
    private bool _listening;
    private bool _closed;

    internal QueueGate(
        EmbeddedEngine engine,
        string name,
        QueueOptions options,
        QueueKeyspaces keyspaces,
        QueueScan scan)
    {
        Name = name;
        Clock = new QueueClock(engine.TimeProvider);
        Book = new QueueBook(name, options, keyspaces, Clock, scan, engine.NextRandom());
        Attempts = new AttemptLog(engine, keyspaces.Attempts, Lock, Book.Counts);
        _alarm = new QueueAlarm(Clock, OnAlarm);
    }

    internal string Name { get; }

    internal Lock Lock { get; } = new();

    internal QueueClock Clock { get; }

    internal QueueBook Book { get; }

    internal AttemptLog Attempts { get; }

    internal Waiters Waiters { get; } = new();

    /// <summary>What ended the engine under the queue; null while it goes on.</summary>
    internal Exception? Ended { get; set; }

    internal void Enter(QueueUser user)
    {
        lock (Lock)
        {
            _users.Add(user);
        }
    }

    internal void Leave_NeedsLock(QueueUser user)
    {
        _users.Remove(user);
        Listen_NeedsLock();
    }

    /// <summary>Whether an object of the queue has listeners has changed.</summary>
    internal void Listen_NeedsLock()
    {
        _listening = _users.Exists(user => user.IsListening);
        Book.Expired.AreNoted = _listening;
    }

    /// <summary>Ends what has expired, moves what has fallen due, and sees to what follows.</summary>
    internal QueueNews Advance_NeedsLock() => Follow_NeedsLock(Book.Advance());

    /// <summary>
    /// What follows a change: takes out whom to wake and to tell, and sees to it that the others are
    /// woken in time. The caller announces it once it has left the lock.
    /// </summary>
    /// <param name="ready">How many messages have become ready, at most.</param>
    internal QueueNews Follow_NeedsLock(long ready)
    {
        Waiter? woken = Waiters.Take(ready);
        Arm_NeedsLock();
        return new QueueNews(
            woken,
            _listening ? Book.Expired.Take() : null,
            _listening ? _users.ToArray() : null,
            Book.Counts.IsDue ? Attempts : null);
    }

    /// <summary>Somebody may be waiting for the end of a lease or a delay.</summary>
    internal void Arm_NeedsLock() =>
        _alarm.Arm_NeedsLock(Waiters.Count, _listening, Book.Leases.Expiries, Book.Schedule);

    public void Dispose()
    {
        lock (Lock)
        {
            _closed = true;
        }

        _alarm.Dispose();
    }

    private void OnAlarm()
    {
        QueueNews news;
        lock (Lock)
        {
            if (_closed)
            {
                return;
            }

            _alarm.Rang_NeedsLock();
            news = Advance_NeedsLock();
        }

        news.Announce();
    }
}
