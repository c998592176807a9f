using System.Runtime.ExceptionServices;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// Wakes live queries: one watch of a journal's keyspace for all of them, for as long as there are any. It tells
/// commits of every process. Thread-safe.
/// </summary>
internal sealed class JournalSignal(Keyspace keyspace)
{
    private readonly Lock _gate = new();

    /// <summary>Null where nobody listens. Guarded by the gate, with its count of listeners.</summary>
    private JournalWatch? _watch;

    /// <summary>
    /// Begins to listen: whatever is committed after the returned task has completed is told.
    /// </summary>
    /// <exception cref="NotSupportedException">The engine cannot watch.</exception>
    internal async Task<Listener> ListenAsync(CancellationToken cancellationToken)
    {
        Listener listener;
        lock (_gate)
        {
            if (_watch is null || _watch.IsOver)
            {
                _watch = new JournalWatch(keyspace);
            }

            _watch.Listeners++;
            listener = new Listener(this, _watch);
        }

        try
        {
            await listener.Watch.Begun.WaitAsync(cancellationToken).ConfigureAwait(false);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private void Leave(JournalWatch watch)
    {
        lock (_gate)
        {
            if (--watch.Listeners > 0)
            {
                return;
            }

            if (_watch == watch)
            {
                _watch = null;
            }
        }

        watch.Stop();
    }

    /// <summary>One live query. Not thread-safe.</summary>
    internal sealed class Listener(JournalSignal signal, JournalWatch watch) : IDisposable
    {
        private bool _left;

        internal JournalWatch Watch => watch;

        /// <summary>
        /// Completes with the next commit. Ask for it, then read what is there, then wait: what is committed between
        /// the two completes it.
        /// </summary>
        internal Task<Exception?> Next => watch.Next;

        /// <summary>Waits for what <see cref="Next"/> gave; throws what the watch has ended with.</summary>
        internal static async Task WaitAsync(Task<Exception?> next, CancellationToken cancellationToken)
        {
            if (await next.WaitAsync(cancellationToken).ConfigureAwait(false) is { } error)
            {
                ExceptionDispatchInfo.Throw(error);
            }
        }

        public void Dispose()
        {
            if (!_left)
            {
                _left = true;
                signal.Leave(watch);
            }
        }
    }
}
