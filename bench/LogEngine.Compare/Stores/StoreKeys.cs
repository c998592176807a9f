using System.Buffers.Binary;

namespace LogEngine.Compare.Stores;

/// <summary>Keys that lie anywhere: number n's key is n, mixed so that it can be undone.</summary>
internal static class StoreKeys
{
    /// <summary>Bytes of a key.</summary>
    internal const int Length = sizeof(ulong);

    /// <summary>The key of a number; different ones for different numbers.</summary>
    internal static ulong Of(long number)
    {
        ulong key = (ulong)number + 0x9E37_79B9_7F4A_7C15;
        key = (key ^ (key >> 30)) * 0xBF58_476D_1CE4_E5B9;
        key = (key ^ (key >> 27)) * 0x94D0_49BB_1331_11EB;
        return key ^ (key >> 31);
    }

    /// <summary>All keys of a run, ascending.</summary>
    internal static ulong[] Ascending(long count)
    {
        ulong[] keys = new ulong[count];
        for (long i = 0; i < count; i++)
        {
            keys[i] = Of(i);
        }

        Array.Sort(keys);
        return keys;
    }

    /// <summary>A key as it is stored.</summary>
    internal static void Write(Span<byte> destination, ulong key) =>
        BinaryPrimitives.WriteUInt64BigEndian(destination, key);
}
