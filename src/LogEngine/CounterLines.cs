using System.Text;

namespace LogEngine;

/// <summary>
/// Additions to the counters of a keyspace that are on their way. Who finds nobody at a key reads it, adds and
/// writes; who comes meanwhile waits, and the next one does it for all of them, with one commit.
/// </summary>
/// <remarks>
/// Thread-safe. So there is one writer of a key in a process at a time, and a condition that does not hold is the
/// doing of somebody else, who went on: to try again at once is enough.
/// </remarks>
internal sealed class CounterLines(Keyspace keyspace)
{
    private readonly Lock _gate = new();

    /// <summary>Who waits at each key that is being written. Under the gate.</summary>
    private readonly Dictionary<string, List<Addition>> _lines = new(StringComparer.Ordinal);

    internal async ValueTask<long> AddAsync(
        ReadOnlyMemory<byte> key,
        long delta,
        Durability durability,
        DateTimeOffset? expiresAt,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            throw new AppendCanceledException(mayBeWritten: false, cancellationToken);
        }

        Addition own = new(delta, durability, expiresAt);
        byte[] bytes = key.ToArray();
        Task written = Enter(bytes, own) ? LeadAsync(bytes, [own]) : own.Sum.Task;
        if (cancellationToken.CanBeCanceled && !written.IsCompleted)
        {
            await WaitAsync(written, own, cancellationToken).ConfigureAwait(false);
        }

        await written.ConfigureAwait(false);
        return await own.Sum.Task.ConfigureAwait(false);
    }

    private async Task WaitAsync(Task written, Addition own, CancellationToken cancellationToken)
    {
        try
        {
            await written.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Where it has completed meanwhile, that is the outcome.
            if (!written.IsCompleted)
            {
                throw new AppendCanceledException(mayBeWritten: !Withdraw(own), cancellationToken);
            }
        }
    }

    /// <summary>Whether there is nobody at the key; else it waits in line.</summary>
    private bool Enter(byte[] key, Addition own)
    {
        lock (_gate)
        {
            string name = NameOf(key);
            if (_lines.TryGetValue(name, out List<Addition>? waiting))
            {
                waiting.Add(own);
                return false;
            }

            own.IsTaken = true;
            _lines.Add(name, []);
            return true;
        }
    }

    /// <summary>Whether nobody has begun to write it, and nobody will.</summary>
    private bool Withdraw(Addition addition)
    {
        lock (_gate)
        {
            return addition.IsWithdrawn = !addition.IsTaken;
        }
    }

    /// <summary>
    /// Writes a group, then lets those who have come meanwhile be the next one. Does not throw: each of the
    /// group learns his own outcome.
    /// </summary>
    private async Task LeadAsync(byte[] key, List<Addition> group)
    {
        await WriteAsync(key, group).ConfigureAwait(false);
        List<Addition> next;
        lock (_gate)
        {
            string name = NameOf(key);
            next = _lines[name];
            next.RemoveAll(addition => addition.IsWithdrawn);
            next.ForEach(addition => addition.IsTaken = true);
            if (next.Count == 0)
            {
                _lines.Remove(name);
                return;
            }

            _lines[name] = [];
        }

        // Not awaited: this one's outcome is there, and the next ones wait for their own.
        _ = LeadAsync(key, next);
    }

    private async Task WriteAsync(byte[] key, List<Addition> group)
    {
        try
        {
            while (!await TryWriteAsync(key, group).ConfigureAwait(false))
            {
            }

            group.ForEach(addition => addition.Tell());
        }
#pragma warning disable CA1031 // Whatever it is, those who wait learn of it.
        catch (Exception error)
        {
            group.ForEach(addition => addition.Sum.TrySetException(error));
        }
#pragma warning restore CA1031
    }

    /// <summary>Reads, adds and writes once; false where somebody else has written meanwhile.</summary>
    private async Task<bool> TryWriteAsync(byte[] key, List<Addition> group)
    {
        using StoredValue? value = await keyspace.GetAsync(key).ConfigureAwait(false);
        long number = Counter.Read(value, keyspace.Name);
        DateTimeOffset? expiresAt = value?.ExpiresAt;
        Durability durability = Durability.None;
        bool any = false;
        foreach (Addition addition in group)
        {
            if (addition.TryAddTo(ref number, keyspace.Name))
            {
                any = true;
                expiresAt = addition.ExpiresAt ?? expiresAt;
                durability = (Durability)Math.Max((int)durability, (int)addition.Durability);
            }
        }

        if (!any)
        {
            return true;
        }

        ConditionalResult result = await keyspace.CompareAndSetAsync(
            key,
            Counter.Encode(number),
            value?.Version ?? 0,
            durability,
            expiresAt).ConfigureAwait(false);
        return result.Applied;
    }

    private static string NameOf(byte[] key) => Encoding.Latin1.GetString(key);

    /// <summary>One caller's.</summary>
    private sealed class Addition(long delta, Durability durability, DateTimeOffset? expiresAt)
    {
        private long _sum;
        private CounterOverflowException? _overflow;

        internal Durability Durability => durability;

        internal DateTimeOffset? ExpiresAt => expiresAt;

        /// <summary>What it came to.</summary>
        internal TaskCompletionSource<long> Sum { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>It is in a group that is being written. Under the gate.</summary>
        internal bool IsTaken { get; set; }

        /// <summary>Its caller has gone before that. Under the gate.</summary>
        internal bool IsWithdrawn { get; set; }

        /// <summary>Adds it; false where the sum would overflow, which is its caller's alone.</summary>
        internal bool TryAddTo(ref long number, string keyspace)
        {
            try
            {
                _overflow = null;
                number = _sum = Counter.Add(number, delta, keyspace);
                return true;
            }
            catch (CounterOverflowException overflow)
            {
                _overflow = overflow;
                return false;
            }
        }

        internal void Tell()
        {
            if (_overflow is null)
            {
                Sum.TrySetResult(_sum);
            }
            else
            {
                Sum.TrySetException(_overflow);
            }
        }
    }
}
