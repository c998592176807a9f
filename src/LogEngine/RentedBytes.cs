using System.Buffers;

namespace LogEngine;

/// <summary>
/// Arrays on loan from the shared pool. The engine takes and gives back all of its own here; the
/// stores, which are written against the public surface alone, use the pool itself.
/// </summary>
/// <remarks>
/// Any thread. Whoever gives one back must not touch it again: with the switch
/// <c>LogEngine.PoisonPooledBuffers</c>, which all test projects set, it is overwritten first, so
/// that a late reader sees no bytes that could pass for its own.
/// </remarks>
internal static class RentedBytes
{
    internal const byte Poison = 0xDB;

    private static readonly bool _poisons =
        AppContext.TryGetSwitch("LogEngine.PoisonPooledBuffers", out bool set) && set;

    /// <summary>Whether what is given back is overwritten.</summary>
    internal static bool Poisons => _poisons;

    /// <summary>An array of at least so many bytes, with anything in it.</summary>
    internal static byte[] Rent(int atLeast)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(atLeast);
        if (_poisons)
        {
            rented.AsSpan().Fill(Poison);
        }

        return rented;
    }

    /// <summary>Gives an array back, once.</summary>
    internal static void Return(byte[] rented)
    {
        if (_poisons)
        {
            rented.AsSpan().Fill(Poison);
        }

        ArrayPool<byte>.Shared.Return(rented);
    }
}
