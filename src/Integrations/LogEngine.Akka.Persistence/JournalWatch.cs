namespace LogEngine.Akka.Persistence;

/// <summary>A watch of a keyspace that says only that there is something new. Thread-safe.</summary>
internal sealed class JournalWatch
{
    private readonly Keyspace _keyspace;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What waits for the next commit; null where nobody has asked since the last one.</summary>
    private TaskCompletionSource<Exception?>? _next;

    /// <summary>What it has ended with; set once, before what waits is completed with it.</summary>
    private volatile Exception? _error;

    internal JournalWatch(Keyspace keyspace)
    {
        _keyspace = keyspace;

        // Ends with Stop, and with the engine; says by itself what it ended with.
        Task.Run(RunAsync);
    }

    /// <summary>Who listens; guarded by the signal's gate.</summary>
    internal int Listeners { get; set; }

    /// <summary>Completes once every later commit will be told, or fails with why that will not be.</summary>
    internal Task Begun => _begun.Task;

    internal bool IsOver => _error is not null;

    /// <summary>Completes with null at the next commit, or with what the watch has ended with.</summary>
    internal Task<Exception?> Next
    {
        get
        {
            TaskCompletionSource<Exception?> made = new(TaskCreationOptions.RunContinuationsAsynchronously);
            TaskCompletionSource<Exception?> next = Interlocked.CompareExchange(ref _next, made, null) ?? made;
            if (_error is { } error)
            {
                // It may have ended before this one was there to be completed.
                next.TrySetResult(error);
            }

            return next.Task;
        }
    }

    internal void Stop() => _stop.Cancel();

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                try
                {
                    WatchPosition from = await _keyspace.GetPositionAsync(_stop.Token).ConfigureAwait(false);
                    _begun.TrySetResult();
                    Tell(null);
                    await TellFromAsync(from).ConfigureAwait(false);
                }
                catch (ChangesLostException)
                {
                    // It has lagged behind, or the disk was full. Listeners read what is there, not what is told, so
                    // nothing is missed by beginning anew.
                }
            }
        }
        catch (Exception error)
        {
            _error = error;
            _begun.TrySetException(error);
            Tell(error);
        }
    }

    private async Task TellFromAsync(WatchPosition from)
    {
        // Told as soon as it can be read: listeners read what writers of a lower durability were told as well.
        WatchOptions options = new() { From = from, BeforeDurable = true };
        await foreach (KeyChange _ in _keyspace.WatchAsync(options, _stop.Token).ConfigureAwait(false))
        {
            Tell(null);
        }
    }

    private void Tell(Exception? error) => Interlocked.Exchange(ref _next, null)?.TrySetResult(error);
}
