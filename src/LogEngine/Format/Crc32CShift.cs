using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Aes = System.Runtime.Intrinsics.Arm.Aes;

namespace LogEngine.Format;

/// <summary>Advances a CRC-32C state over zero bytes without going through them.</summary>
/// <remarks>
/// A state is a polynomial over one bit, reflected; n words of zeros multiply it by x^(64 n) modulo
/// that of the checksum. The product without carries with x^(64 n - 33) is one power short of its
/// place, and the checksum's own step over eight bytes multiplies by x^32 and reduces.
/// </remarks>
internal static class Crc32CShift
{
    /// <summary>Words whose power is kept; more are gone over in turns.</summary>
    private const int MostWords = 8192;

    /// <summary>x^(64 n - 33) by n, reflected.</summary>
    private static readonly uint[] s_powers = BuildPowers();

    /// <summary>The state after so many eight-byte words of zeros.</summary>
    internal static uint Over(uint state, int words)
    {
        while (words > MostWords)
        {
            state = Step(state, s_powers[MostWords]);
            words -= MostWords;
        }

        return words == 0 ? state : Step(state, s_powers[words]);
    }

    /// <summary>The product of two polynomials over one bit, where no instruction gives it.</summary>
    internal static ulong MultiplyByBits(uint left, uint right)
    {
        ulong product = 0;
        for (int i = 0; i < 32; i++)
        {
            product ^= ((ulong)right << i) & (0 - (ulong)((left >> i) & 1));
        }

        return product;
    }

    internal static ulong Multiply(uint left, uint right)
    {
        if (Pclmulqdq.IsSupported)
        {
            return Pclmulqdq.CarrylessMultiply(
                Vector128.CreateScalar((ulong)left), Vector128.CreateScalar((ulong)right), 0)
                .ToScalar();
        }

        return Aes.IsSupported
            ? Aes.PolynomialMultiplyWideningLower(
                Vector64.CreateScalar((ulong)left), Vector64.CreateScalar((ulong)right))
                .ToScalar()
            : MultiplyByBits(left, right);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Step(uint state, uint power) =>
        BitOperations.Crc32C(0, Multiply(state, power));

    private static uint[] BuildPowers()
    {
        uint[] powers = new uint[MostWords + 1];
        powers[1] = 1; // x^31
        for (int words = 2; words <= MostWords; words++)
        {
            powers[words] = BitOperations.Crc32C(powers[words - 1], 0UL);
        }

        return powers;
    }
}
