using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Extensions;

/// <summary>
/// A queue whose recurring messages an application looks after: put together while services are added, read from
/// then on.
/// </summary>
/// <param name="queue">The queue's name.</param>
internal sealed class RecurringQueue(string queue)
{
    internal string Queue => queue;

    /// <summary>Those that the application's code names.</summary>
    internal List<RecurringMessage> Messages { get; } = [];

    /// <summary>Sets what code names.</summary>
    internal async Task<RecurringMessages> SetAllAsync(
        IServiceProvider services, CancellationToken cancellationToken)
    {
        RecurringMessages all = services.GetRequiredKeyedService<RecurringMessages>(queue);
        foreach (RecurringMessage message in Messages)
        {
            await all.SetAsync(message, cancellationToken).ConfigureAwait(false);
        }

        return all;
    }
}
