namespace LogEngine.Compare.Measuring;

/// <summary>
/// Numbers from 0 on, the small ones most often: number n with a probability of 1 / (n + 1)^theta, scaled.
/// </summary>
/// <remarks>
/// The generator of Gray et al., 'Quickly generating billion-record synthetic databases' (SIGMOD 1994),
/// which YCSB uses. It is exact for the first two numbers and follows the curve for the others. Immutable;
/// any number of threads draw from it, each with its own random numbers.
/// </remarks>
internal sealed class Zipfian
{
    /// <summary>YCSB's.</summary>
    internal const double StandardTheta = 0.99;

    /// <summary>The items that YCSB's scrambled generator draws ranks from, however many keys there are.</summary>
    internal const long ScrambledItems = 10_000_000_000;

    /// <summary>The sum over <see cref="ScrambledItems"/>, which YCSB has as a constant too.</summary>
    private const double ScrambledZeta = 26.46902820178302;

    private readonly long _items;
    private readonly double _zeta;
    private readonly double _alpha;
    private readonly double _eta;
    private readonly double _secondBound;

    /// <param name="items">How many numbers there are; at least 2. Takes time in proportion.</param>
    /// <param name="theta">Skew, above 0 and below 1.</param>
    internal Zipfian(long items, double theta = StandardTheta)
        : this(items, theta, Zeta(items, theta))
    {
    }

    private Zipfian(long items, double theta, double zeta)
    {
        _items = items;
        _zeta = zeta;
        _alpha = 1 / (1 - theta);
        _secondBound = 1 + Math.Pow(0.5, theta);
        _eta = (1 - Math.Pow(2.0 / items, 1 - theta)) / (1 - (Zeta(2, theta) / zeta));
    }

    /// <summary>Ranks of YCSB's scrambled generator; see <see cref="Scramble"/>.</summary>
    internal static Zipfian Scrambled { get; } =
        new(ScrambledItems, StandardTheta, ScrambledZeta);

    /// <summary>The next number.</summary>
    /// <param name="uniform">A random number from 0, below 1.</param>
    internal long Next(double uniform)
    {
        double scaled = uniform * _zeta;
        if (scaled < 1)
        {
            return 0;
        }

        if (scaled < _secondBound)
        {
            return 1;
        }

        long number = (long)(_items * Math.Pow((_eta * uniform) - _eta + 1, _alpha));
        return Math.Min(number, _items - 1);
    }

    /// <summary>Spreads ranks over so many keys: FNV-1 of 64 bits over the rank's bytes, as YCSB does.</summary>
    internal static long Scramble(long rank, long keys)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        for (int i = 0; i < 8; i++)
        {
            hash = (hash ^ (byte)(rank >> (8 * i))) * 1_099_511_628_211;
        }

        // YCSB takes the absolute value of a signed number; the lowest one has none.
        long signed = (long)hash;
        return (long)((ulong)(signed < 0 ? -signed : signed) % (ulong)keys);
    }

    /// <summary>The sum of 1 / n^theta over so many numbers from 1 on.</summary>
    internal static double Zeta(long items, double theta)
    {
        double sum = 0;
        for (long n = 1; n <= items; n++)
        {
            sum += Math.Pow(n, -theta);
        }

        return sum;
    }
}
