using System.Buffers.Binary;

namespace LogEngine.Compare.StoreItems;

/// <summary>
/// A buffer for each worker's key, used again for its next one, so that what a run allocates is not the
/// harness's.
/// </summary>
internal sealed class WorkerKeys
{
    /// <summary>Workers there can be.</summary>
    internal const int Most = 16_384;

    private const int Length = 16;

    private readonly byte[]?[] _keys = new byte[Most][];

    /// <summary>A worker's key of a number, until it asks for the next.</summary>
    internal byte[] Of(int worker, long number)
    {
        byte[] key = _keys[worker] ??= new byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(key, worker);
        BinaryPrimitives.WriteInt64BigEndian(key.AsSpan(8), number);
        return key;
    }
}
