using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace LogEngine.Index;

/// <summary>Facts about pages and keys that are checked always.</summary>
internal static class IndexInvariant
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Require(bool holds, string what)
    {
        if (!holds)
        {
            Throw(what);
        }
    }

    internal static void RequireKey(int length)
    {
        if ((uint)(length - 1) >= IndexLimits.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"A key has 1 to {IndexLimits.MaxKeyBytes} bytes, not {length}.");
        }
    }

    internal static void RequireKeys(int bytes, ReadOnlySpan<int> ends, int values, int found)
    {
        int from = 0;
        foreach (int end in ends)
        {
            RequireKey(end - from);
            from = end;
        }

        if (from > bytes || values < ends.Length || found < ends.Length)
        {
            throw new ArgumentException(
                $"{ends.Length} keys end at {from}; there are {bytes} bytes of keys,"
                + $" {values} values and {found} answers.");
        }
    }

    internal static void RequireBound(int length)
    {
        if (length > IndexLimits.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"A bound has at most {IndexLimits.MaxKeyBytes} bytes, not {length}.");
        }
    }

    [DoesNotReturn]
    private static void Throw(string what) =>
        throw new InvalidOperationException($"Index invariant broken: {what}.");
}
