using System.Buffers.Binary;
using LogEngine.Format;

namespace LogEngine.Engine;

/// <summary>What an operation on one key does to the index; the key itself is kept beside it.</summary>
/// <param name="Kind">Put, delete, relocate or touch.</param>
/// <param name="Sequence">Of its record.</param>
/// <param name="Version">Of the value.</param>
/// <param name="Location">Where the value is; of a delete or a touch, nothing.</param>
/// <param name="ExpiresTicks">UTC ticks from which the value is absent; 0 for never.</param>
internal readonly record struct PointOperation(
    OperationKind Kind, long Sequence, long Version, Location Location, long ExpiresTicks)
{
    /// <summary>Of a record with this encoded length, at an offset of a slot's segment.</summary>
    internal static PointOperation Of(
        in Operation operation, long sequence, int slot, long offset, int size) => new(
        operation.Kind,
        sequence,
        OperationCodec.NamesVersion(operation.Kind) ? operation.Version : sequence,
        operation.Kind is OperationKind.Delete or OperationKind.Touch ? default
            : IsChunked(operation)
                ? Location.OfChunkSet(BinaryPrimitives.ReadInt64LittleEndian(operation.Value))
                : new Location(slot, offset, size),
        operation.ExpiresTicks);

    /// <summary>Whether an operation is one on one key.</summary>
    internal static bool IsPoint(OperationKind kind) => kind
        is OperationKind.Put
        or OperationKind.Delete
        or OperationKind.Relocate
        or OperationKind.Touch;

    /// <summary>Whether the value is a set of chunks.</summary>
    internal static bool IsChunked(in Operation operation) =>
        operation.Kind == OperationKind.Put && (operation.Flags & OperationFlags.Chunked) != 0;
}
