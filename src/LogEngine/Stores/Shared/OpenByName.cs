using System.Runtime.CompilerServices;

namespace LogEngine.Stores.Shared;

/// <summary>
/// What is open on an engine by its name, each with the number of objects that it is open through: part of
/// its state is in memory, and there once.
/// </summary>
/// <param name="kind">What it is, in words.</param>
/// <remarks>
/// Thread-safe. Opening, closing and dropping of one name wait for each other, so that whoever opens it
/// again finds it closed for good, with nothing on its way.
/// </remarks>
internal sealed class OpenByName<T>(string kind)
    where T : class
{
    private static readonly ConditionalWeakTable<StorageEngine, OpenByName<T>> Engines = [];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Slot> _slots = new(StringComparer.Ordinal);

    /// <summary>Those of an engine.</summary>
    internal static OpenByName<T> Of(StorageEngine engine, string kind) =>
        Engines.GetValue(engine, _ => new OpenByName<T>(kind));

    /// <summary>Opens it, or joins it where it is open.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="open">Opens it.</param>
    /// <param name="check">Throws where it may not be joined.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    internal async ValueTask<T> OpenAsync(
        string name, Func<Task<T>> open, Action<T>? check, CancellationToken cancellationToken)
    {
        Slot slot = await EnterAsync(name, cancellationToken).ConfigureAwait(false);
        bool opened = false;
        try
        {
            if (slot.State is null)
            {
                slot.State = await open().ConfigureAwait(false);
            }
            else
            {
                check?.Invoke(slot.State);
            }

            slot.Objects++;
            opened = true;
            return slot.State;
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

    /// <summary>An object of it is closed, with nothing on its way; the last one closes it.</summary>
    internal async Task CloseAsync(string name, Func<T, Task> close)
    {
        Slot slot = await EnterAsync(name, CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (--slot.Objects == 0)
            {
                T state = slot.State!;
                slot.State = null;
                await close(state).ConfigureAwait(false);
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
    /// Removes what has a name, keyspace by keyspace. The one that it is listed by goes last: after a crash
    /// it can be removed again.
    /// </summary>
    /// <returns>False where there was none.</returns>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    internal async ValueTask<bool> DropAsync(
        StorageEngine engine,
        string name,
        IEnumerable<Keyspace> keyspaces,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        bool found = false;
        await WhileClosedAsync(
            name,
            async () =>
            {
                foreach (Keyspace keyspace in keyspaces)
                {
                    found |= await engine
                        .DropKeyspaceAsync(keyspace.Name, durability, cancellationToken)
                        .ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return found;
    }

    /// <summary>Does something to what nobody has open, and nobody opens meanwhile.</summary>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    internal async ValueTask WhileClosedAsync(
        string name, Func<Task> work, CancellationToken cancellationToken) => await HoldAsync(
        name,
        async open =>
        {
            if (open is not null)
            {
                throw new InvalidOperationException(
                    $"{kind} '{name}' is open on this engine; close it first.");
            }

            await work().ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Does something with what is open, or with a name that nobody has open, null: nobody opens or closes it
    /// meanwhile.
    /// </summary>
    internal async ValueTask<TResult> HoldAsync<TResult>(
        string name, Func<T?, Task<TResult>> work, CancellationToken cancellationToken)
    {
        Slot slot = await EnterAsync(name, cancellationToken).ConfigureAwait(false);
        try
        {
            return await work(slot.State).ConfigureAwait(false);
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

        /// <summary>What is open; null while nothing is. Whose turn it is has it.</summary>
        internal T? State { get; set; }

        /// <summary>Objects that are open. Whose turn it is has it.</summary>
        internal int Objects { get; set; }
    }
}
