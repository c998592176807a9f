using System.Runtime.InteropServices;

namespace LogEngine.Caching;

/// <summary>Counts hits and misses, each thread on a cache line that is usually its own.</summary>
/// <remarks>
/// Two threads that share a line may lose counts: an exact count would cost more than a read's
/// other instructions together.
/// </remarks>
internal sealed class CacheCounters
{
    private const int Stripes = 64;

    private readonly Stripe[] _stripes = new Stripe[Stripes];

    internal long Hits => Sum(static (in Stripe stripe) => stripe.Hits);

    internal long Misses => Sum(static (in Stripe stripe) => stripe.Misses);

    internal void Hit() => Own.Hits++;

    internal void Miss() => Own.Misses++;

    private delegate long Count(in Stripe stripe);

    private ref Stripe Own =>
        ref _stripes[Environment.CurrentManagedThreadId & (Stripes - 1)];

    private long Sum(Count count)
    {
        long sum = 0;
        foreach (ref readonly Stripe stripe in _stripes.AsSpan())
        {
            sum += count(stripe);
        }

        return sum;
    }

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(64)]
        internal long Hits;

        [FieldOffset(72)]
        internal long Misses;
    }
}
