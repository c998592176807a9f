using System.Runtime.CompilerServices;
using LogEngine.Index;

namespace LogEngine.Engine;

/// <summary>Gets of many keys at once, which are looked up side by side.</summary>
/// <remarks>Thread-safe.</remarks>
[SkipLocalsInit]
internal sealed class MultiGet(EngineReads reads, CommittedIndex state)
{
    /// <summary>Keys of one step.</summary>
    private const int SideBySide = 16;

    [ThreadStatic]
    private static PooledBytes? _threadBytes;

    /// <summary>Of a view, or of the newest root: all values are of one moment.</summary>
    internal ValueTask<StoredValue?[]> GetAsync(
        PinnedView? view,
        KeyspaceName keyspace,
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<StoredValue?[]>(cancellationToken);
        }

        StoredValue?[] values = new StoredValue?[keys.Count];
        return TryGetCached(view, keyspace, keys, values)
            ? new ValueTask<StoredValue?[]>(values)
            : view is null
                ? GetOfOneMomentAsync(keyspace, keys, cancellationToken)
                : ReadAsync(view, keyspace, keys, values, cancellationToken);
    }

    /// <summary>Some of the values are not in the cache: the disk is read, as of one moment.</summary>
    private async ValueTask<StoredValue?[]> GetOfOneMomentAsync(
        KeyspaceName keyspace,
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        CancellationToken cancellationToken)
    {
        PinnedView view = reads.Pin();
        try
        {
            StoredValue?[] values = new StoredValue?[keys.Count];
            return await ReadAsync(view, keyspace, keys, values, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            reads.Release(view);
        }
    }

    /// <summary>Fills in what is missing, off the calling thread.</summary>
    private async ValueTask<StoredValue?[]> ReadAsync(
        PinnedView view,
        KeyspaceName keyspace,
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        StoredValue?[] values,
        CancellationToken cancellationToken)
    {
        bool whole = false;
        try
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] ??= await reads.GetAsync(view, keyspace, keys[i], cancellationToken)
                    .ConfigureAwait(false);
            }

            whole = true;
            return values;
        }
        finally
        {
            if (!whole)
            {
                Drop(values);
            }
        }
    }

    /// <summary>
    /// Looks keys up side by side and takes their values from the cache; all of one root. False
    /// where one has to be read from a file: of a view, what was found stays.
    /// </summary>
    private bool TryGetCached(
        PinnedView? view,
        KeyspaceName keyspace,
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        StoredValue?[] values)
    {
        int slot = reads.Gate.Enter();
        PooledBytes bytes = _threadBytes ??= new PooledBytes();
        try
        {
            RootFacts facts = view?.Facts ?? state.Facts;
            if (!keyspace.TryResolve(facts, out uint id))
            {
                return true;
            }

            if (view is null && keys.Count > SideBySide)
            {
                // More than one step: of one moment only with a pin.
                return false;
            }

            for (int from = 0; from < keys.Count; from += SideBySide)
            {
                int count = Math.Min(SideBySide, keys.Count - from);
                if (!TryTakeSideBySide(view, id, keys, from, values.AsSpan(from, count), bytes))
                {
                    if (view is null)
                    {
                        Drop(values);
                    }

                    return false;
                }
            }

            return true;
        }
        finally
        {
            reads.Gate.Leave(slot);
        }
    }

    private bool TryTakeSideBySide(
        PinnedView? view,
        uint keyspace,
        IReadOnlyList<ReadOnlyMemory<byte>> keys,
        int from,
        Span<StoredValue?> values,
        PooledBytes bytes)
    {
        int count = values.Length;
        Span<int> ends = stackalloc int[SideBySide];
        Span<IndexValue> entries = stackalloc IndexValue[SideBySide];
        Span<bool> found = stackalloc bool[SideBySide];
        bytes.Clear();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> key = keys[from + i].Span;
            bytes.Advance(
                IndexKey.Write(bytes.GetSpan(IndexKey.PrefixSize + key.Length), keyspace, key));
            ends[i] = bytes.Length;
        }

        ends = ends[..count];
        entries = entries[..count];
        found = found[..count];
        if (view is null)
        {
            state.Index.TryGetMany(bytes.Written, ends, entries, found);
        }
        else
        {
            view.Root.TryGetMany(bytes.Written, ends, entries, found);
        }

        reads.Prefetch(entries);
        for (int i = 0; i < count; i++)
        {
            if (found[i]
                && !reads.IsExpired(view, entries[i])
                && (values[i] = reads.TryTakeCached(entries[i])) is null)
            {
                return false;
            }
        }

        return true;
    }

    private static void Drop(StoredValue?[] values)
    {
        foreach (StoredValue? value in values)
        {
            value?.Dispose();
        }
    }
}
