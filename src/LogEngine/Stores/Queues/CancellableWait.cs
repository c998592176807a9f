namespace LogEngine.Stores.Queues;

/// <summary>Waits that can be given up, for work that goes on and reports all the same.</summary>
internal static class CancellableWait
{
    /// <exception cref="AppendCanceledException">The wait was cancelled; the work may be done.</exception>
    internal static ValueTask<T> On<T>(ValueTask<T> work, CancellationToken cancellationToken) =>
        !cancellationToken.CanBeCanceled || work.IsCompleted
            ? work
            : new ValueTask<T>(WaitAsync(work.AsTask(), cancellationToken));

    /// <inheritdoc cref="On{T}"/>
    internal static ValueTask On(ValueTask work, CancellationToken cancellationToken) =>
        !cancellationToken.CanBeCanceled || work.IsCompleted
            ? work
            : new ValueTask(WaitAsync(DoneAsync(work), cancellationToken));

    private static async Task<bool> DoneAsync(ValueTask work)
    {
        await work.ConfigureAwait(false);
        return true;
    }

    private static async Task<T> WaitAsync<T>(Task<T> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return work.IsCompleted
                ? await work.ConfigureAwait(false)
                : throw new AppendCanceledException(mayBeWritten: true, cancellationToken);
        }
    }
}
