using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using LogEngine.Index;

namespace LogEngine.Engine;

/// <summary>
/// Cursors over ranges of a keyspace, lent and used again: each has the memory of a page of the index.
/// </summary>
[SkipLocalsInit]
internal static class RangeCursors
{
    /// <summary>One that nobody uses now.</summary>
    [ThreadStatic]
    private static IndexCursor? _free;

    /// <summary>A cursor over a range, to be given back once.</summary>
    /// <exception cref="ObjectDisposedException">The root is not pinned any more.</exception>
    internal static IndexCursor Rent(PinnedRoot root, uint keyspace, ScanRange range)
    {
        ObjectDisposedException.ThrowIf(root.IsDisposed, root);
        Span<byte> from = stackalloc byte[IndexKey.MaxSize];
        Span<byte> to = stackalloc byte[IndexKey.MaxSize];
        from = from[..IndexKey.Write(from, keyspace, range.From.Span)];
        to = to[..WriteEnd(to, keyspace, range.To.Span)];
        IndexCursor? cursor = _free;
        if (cursor is null)
        {
            return root.Seek(from, to, range.Reverse);
        }

        _free = null;
        cursor.Reset(root, from, to, range.Reverse);
        return cursor;
    }

    /// <summary>It is not used any more; whichever thread that is on keeps it for the next one.</summary>
    internal static void Return(IndexCursor? cursor)
    {
        if (cursor is not null)
        {
            cursor.Forget();
            _free = cursor;
        }
    }

    /// <summary>How many keys a range has.</summary>
    internal static long Count(PinnedRoot root, uint keyspace, ScanRange range)
    {
        Span<byte> from = stackalloc byte[IndexKey.MaxSize];
        Span<byte> to = stackalloc byte[IndexKey.MaxSize];
        from = from[..IndexKey.Write(from, keyspace, range.From.Span)];
        to = to[..WriteEnd(to, keyspace, range.To.Span)];
        return range.Limited(root.CountRange(from, to));
    }

    /// <summary>
    /// Writes the first key of the index behind a range; of the last keyspace's end there is none, which is
    /// empty.
    /// </summary>
    private static int WriteEnd(Span<byte> target, uint keyspace, ReadOnlySpan<byte> end)
    {
        if (!end.IsEmpty)
        {
            return IndexKey.Write(target, keyspace, end);
        }

        if (keyspace == uint.MaxValue)
        {
            return 0;
        }

        BinaryPrimitives.WriteUInt32BigEndian(target, keyspace + 1);
        return IndexKey.PrefixSize;
    }
}
