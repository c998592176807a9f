using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using LogEngine.Format;

namespace LogEngine.Engine;

/// <summary>
/// What an operation must be besides well encoded, so that the index can take it: a checksum is right
/// for whatever it was made for, and a file may come from anybody.
/// </summary>
internal static class OperationCheck
{
    /// <summary>Bytes of the key of a chunk or a marker.</summary>
    private const int ChunkKeyBytes = 8 + 4;

    /// <summary>Whether a writer could have written it there.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="sequence">Of its record.</param>
    /// <param name="offset">Of its record.</param>
    /// <param name="size">Of its record, padded.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool IsPossible(
        in Operation operation, long sequence, long offset, int size)
    {
        bool hasExpiry = (operation.Flags & OperationFlags.HasExpiry) != 0;
        bool isChunked = (operation.Flags & OperationFlags.Chunked) != 0;
        switch (operation.Kind)
        {
            case OperationKind.Put:
                return IsKey(operation)
                    && IsPlace(offset, size)
                    && (!hasExpiry || IsExpiry(operation.ExpiresTicks))
                    && (!isChunked || IsChunkSet(operation));
            case OperationKind.Relocate:
                return IsKey(operation)
                    && IsPlace(offset, size)
                    && !isChunked
                    && (!hasExpiry || IsExpiry(operation.ExpiresTicks))
                    && operation.Version >= 1
                    && operation.Version < sequence;
            case OperationKind.Touch:
                return IsKey(operation)
                    && !KeyspaceTable.IsHidden(operation.Keyspace)
                    && !isChunked
                    && operation.Value.IsEmpty
                    && (!hasExpiry || IsExpiry(operation.ExpiresTicks))
                    && operation.Version >= 0
                    && operation.Version < sequence;
            case OperationKind.Delete:
                return IsKey(operation) && operation.Flags == OperationFlags.None;
            case OperationKind.DeleteRange:
                return operation.Flags == OperationFlags.None
                    && operation.Key.Length <= FormatLimits.MaxKeyBytes
                    && operation.Value.Length <= FormatLimits.MaxKeyBytes
                    && (operation.Value.IsEmpty
                        || operation.Key.SequenceCompareTo(operation.Value) <= 0);
            case OperationKind.CreateKeyspace:
                return operation.Flags == OperationFlags.None
                    && !KeyspaceTable.IsHidden(operation.Keyspace)
                    && operation.Key.Length is > 0 and <= FormatLimits.MaxNameBytes;
            default:
                return operation.Flags == OperationFlags.None;
        }
    }

    private static bool IsKey(in Operation operation) =>
        KeyspaceTable.IsHidden(operation.Keyspace)
            ? operation.Key.Length == ChunkKeyBytes
            : operation.Key.Length is > 0 and <= FormatLimits.MaxKeyBytes;

    /// <summary>A location can name it.</summary>
    private static bool IsPlace(long offset, int size) =>
        size <= Location.MaxRecordBytes && offset <= Location.MaxOffset;

    internal static bool IsExpiry(long ticks) => ticks != 0 && FormatLimits.IsTime(ticks);

    private static bool IsChunkSet(in Operation operation) =>
        operation.Value.Length == sizeof(long)
        && !KeyspaceTable.IsHidden(operation.Keyspace)
        && BinaryPrimitives.ReadInt64LittleEndian(operation.Value)
            is > 0 and <= Location.MaxChunkSet;
}
