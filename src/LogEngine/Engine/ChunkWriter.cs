using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>
/// Writes large values ahead of the batch that refers to them: chunks of a set, as keys of a hidden
/// keyspace, with a marker that says that nothing refers to the set yet.
/// </summary>
/// <remarks>
/// The batch that publishes the value removes the marker. A crash before it leaves a set with its
/// marker, which the next open sweeps. Chunks come before the batch in the log, so whatever
/// durability the batch is acknowledged with, they have it too.
/// </remarks>
internal sealed class ChunkWriter
{
    /// <summary>Values above this are stored in chunks, whatever the group cap.</summary>
    internal const int MaxChunkBytes = 192 << 10;

    /// <summary>Chunks that are on their way at once.</summary>
    private const int InFlight = 8;

    private readonly Appender _appender;
    private long _lastSet;

    internal ChunkWriter(Appender appender, int groupCap, long lastSet)
    {
        _appender = appender;
        _lastSet = lastSet;
        ChunkBytes = Math.Min(MaxChunkBytes, groupCap / 16);
    }

    /// <summary>Larger values are stored in chunks of this size.</summary>
    internal int ChunkBytes { get; }

    /// <summary>
    /// A number for a value that is to be written, and then published or dropped. Known before
    /// anything is written, so that a write which fails half-way leaves nothing that nobody knows of.
    /// </summary>
    internal long NewSet()
    {
        long set = Interlocked.Increment(ref _lastSet);
        if (set > Location.MaxChunkSet)
        {
            throw new InvalidOperationException("There are no numbers left for chunked values.");
        }

        return set;
    }

    /// <summary>Writes a value as the chunks of a set.</summary>
    internal async ValueTask WriteAsync(long set, ReadOnlyMemory<byte> value)
    {
        LogBatch first = new();
        AddMarker(first, OperationKind.Put, set);
        byte[] start = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(start, value.Length);
        int taken = Math.Min(value.Length, ChunkBytes - sizeof(long));
        byte[] key = IndexKey.ChunkKey(set, 0);
        byte[] head = new byte[OperationCodec.HeadSize + key.Length];
        OperationCodec.WriteHead(
            head, OperationKind.Put, default, KeyspaceTable.Chunks, key.Length, 0, 0);
        key.CopyTo(head.AsSpan(OperationCodec.HeadSize));
        first.Add(head, start, value.Span[..taken]);
        await _appender
            .AppendBatchAsync(first, Durability.ProcessCrash, CancellationToken.None)
            .ConfigureAwait(false);
        await WriteRestAsync(set, value[taken..]).ConfigureAwait(false);
    }

    /// <summary>Adds the operation to a batch that publishes the set.</summary>
    internal static void AddPublished(LogBatch batch, long set)
    {
        AddMarker(batch, OperationKind.Delete, set);
    }

    /// <summary>Removes a set that will not be published, and its marker.</summary>
    internal async ValueTask DropAsync(long set)
    {
        byte[] from = IndexKey.ChunkKey(set, 0);
        byte[] to = IndexKey.ChunkKey(set + 1, 0);
        Span<byte> head = stackalloc byte[OperationCodec.HeadSize];
        OperationCodec.WriteHead(
            head, OperationKind.DeleteRange, default, KeyspaceTable.Chunks, from.Length, 0, 0);
        LogBatch batch = new();
        batch.Add(head, from, to);
        AddMarker(batch, OperationKind.Delete, set);
        await _appender.AppendBatchAsync(batch, Durability.ProcessCrash, CancellationToken.None)
            .ConfigureAwait(false);
    }

    private async ValueTask WriteRestAsync(long set, ReadOnlyMemory<byte> rest)
    {
        Queue<Task<long>> pending = new();
        try
        {
            for (int chunk = 1; !rest.IsEmpty; chunk++)
            {
                byte[] key = IndexKey.ChunkKey(set, chunk);
                ReadOnlyMemory<byte> part = rest[..Math.Min(rest.Length, ChunkBytes)];
                rest = rest[part.Length..];
                RecordHead head = new(
                    OperationCodec.HeadSize,
                    OperationCodec.HeadWord(
                        OperationKind.Put, default, KeyspaceTable.Chunks, key.Length),
                    0,
                    0);
                pending.Enqueue(_appender.AppendAsync(
                    new RecordParts(head, key, part),
                    Durability.ProcessCrash,
                    CancellationToken.None).AsTask());
                if (pending.Count == InFlight)
                {
                    await pending.Dequeue().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            // The caller's memory is read until the last of them is complete.
            await Task.WhenAll(pending).ConfigureAwait(false);
        }
    }

    private static void AddMarker(LogBatch batch, OperationKind kind, long set)
    {
        byte[] key = IndexKey.ChunkKey(set, 0);
        Span<byte> head = stackalloc byte[OperationCodec.HeadSize];
        OperationCodec.WriteHead(head, kind, default, KeyspaceTable.ChunkMarkers, key.Length, 0, 0);
        batch.Add(head, key, default);
    }
}
