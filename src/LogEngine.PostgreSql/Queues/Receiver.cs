using LogEngine.Stores.Queues;

namespace LogEngine.PostgreSql.Queues;

/// <summary>Somebody who wants messages.</summary>
internal sealed class Receiver(int most, TimeSpan lease, bool waits)
{
    private readonly TaskCompletionSource<IReadOnlyList<QueueDelivery>> _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal int Most => most;

    internal TimeSpan Lease => lease;

    /// <summary>It goes on waiting where there is none.</summary>
    internal bool Waits => waits;

    internal Task<IReadOnlyList<QueueDelivery>> Done => _done.Task;

    /// <summary>Gives it messages; false where it has gone.</summary>
    internal bool TryGive(IReadOnlyList<QueueDelivery> messages) => _done.TrySetResult(messages);

    internal bool TryFail(Exception error) => _done.TrySetException(error);

    /// <summary>It wants none any more; false where it has got some.</summary>
    internal bool TryLeave() => _done.TrySetCanceled();
}
