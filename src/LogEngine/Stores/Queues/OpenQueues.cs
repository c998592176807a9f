using System.Runtime.CompilerServices;

namespace LogEngine.Stores.Queues;

/// <summary>The queues that are open on an engine, each with the number of objects it is open through.</summary>
/// <remarks>
/// Thread-safe. Opening, closing and dropping of one name wait for each other, so that whoever opens it
/// again finds it closed for good, with nothing on its way.
/// </remarks>
internal sealed class OpenQueues(EmbeddedEngine engine)
{
    private static readonly ConditionalWeakTable<EmbeddedEngine, OpenQueues> Engines = [];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Slot> _slots = new(StringComparer.Ordinal);

    internal static OpenQueues Of(EmbeddedEngine engine) =>
        Engines.GetValue(engine, static engine => new OpenQueues(engine));

    /// <summary>Opens a queue, or another object of one that is open.</summary>
    /// <exception cref="QueueOptionsMismatchException">It is open with other options.</exception>
    internal async ValueTask<EmbeddedQueue> OpenAsync(
        string name, QueueOptions options, CancellationToken cancellationToken)
    {
        Slot slot = await EnterAsync(name, cancellationToken).ConfigureAwait(false);
        bool opened = false;
        try
        {
            if (slot.Queue is null)
            {
                slot.Queue = await SharedQueue.OpenAsync(engine, name, options)
                    .ConfigureAwait(false);
            }
            else if (options.NamesOfDifferences(slot.Queue.Options) is { Count: > 0 } differences)
            {
                throw new QueueOptionsMismatchException(name, differences);
            }

            slot.Objects++;
            opened = true;
            return new EmbeddedQueue(slot.Queue);
        }
        finally
        {
            slot.Turn.Release();
            if (!opened)
            {
                Leave(name, slot);
            }
        }
    }

    /// <summary>An object of a queue is closed, with nothing on its way; the last one closes the queue.</summary>
    internal async Task CloseAsync(string name)
    {
        Slot slot = await EnterAsync(name, CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (--slot.Objects == 0)
            {
                SharedQueue queue = slot.Queue!;
                slot.Queue = null;
                await queue.CloseAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            slot.Turn.Release();

            // For this call, and for the one that opened it.
            Leave(name, slot);
            Leave(name, slot);
        }
    }

    /// <summary>
    /// Removes a queue, keyspace by keyspace. The one that it is listed by goes last: after a crash it
    /// can be removed again.
    /// </summary>
    /// <returns>False where there was none.</returns>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    internal async ValueTask<bool> DropAsync(string name, CancellationToken cancellationToken)
    {
        bool found = false;
        await WhileClosedAsync(
            name,
            async () =>
            {
                foreach (EmbeddedKeyspace keyspace in new QueueKeyspaces(engine, name).All)
                {
                    found |= await engine
                        .DropKeyspaceAsync(keyspace.Name, cancellationToken: cancellationToken)
                        .ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return found;
    }

    /// <summary>Does something to a queue that nobody has open, and that nobody opens meanwhile.</summary>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    internal async ValueTask WhileClosedAsync(
        string name, Func<Task> work, CancellationToken cancellationToken)
    {
        Slot slot = await EnterAsync(name, cancellationToken).ConfigureAwait(false);
        try
        {
            if (slot.Queue is not null)
            {
                throw new InvalidOperationException(
                    $"Queue '{name}' is open on this engine; close it first.");
            }

            await work().ConfigureAwait(false);
        }
        finally
        {
            slot.Turn.Release();
            Leave(name, slot);
        }
    }

    private async ValueTask<Slot> EnterAsync(string name, CancellationToken cancellationToken)
    {
        Slot? slot;
        lock (_gate)
        {
            if (!_slots.TryGetValue(name, out slot))
            {
                _slots.Add(name, slot = new Slot());
            }

            slot.Interested++;
        }

        try
        {
            await slot.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            return slot;
        }
        catch
        {
            Leave(name, slot);
            throw;
        }
    }

    private void Leave(string name, Slot slot)
    {
        lock (_gate)
        {
            if (--slot.Interested == 0)
            {
                _slots.Remove(name);
            }
        }
    }

    /// <summary>A name that is open, or that somebody is opening, closing or dropping.</summary>
    private sealed class Slot
    {
        /// <summary>One at a time.</summary>
        internal SemaphoreSlim Turn { get; } = new(1, 1);

        /// <summary>Calls that are at it, and objects that are open. Guarded by the owner's lock.</summary>
        internal int Interested { get; set; }

        /// <summary>The queue while it is open; null while it is not. Whose turn it is has it.</summary>
        internal SharedQueue? Queue { get; set; }

        /// <summary>Objects that are open. Whose turn it is has it.</summary>
        internal int Objects { get; set; }
    }
}
