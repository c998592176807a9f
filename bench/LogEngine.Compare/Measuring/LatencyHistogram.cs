using System.Diagnostics;
using System.Numerics;

namespace LogEngine.Compare.Measuring;

/// <summary>Counts times in buckets that are at most 1/32 wide; any thread may record.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 5;

    private readonly long[] _counts = new long[(64 - SubBucketBits) << SubBucketBits];

    /// <summary>Counts one time in <see cref="Stopwatch"/> ticks.</summary>
    internal void Record(long ticks) => Interlocked.Increment(ref _counts[Bucket(ticks)]);

    /// <summary>Adds what another one has counted; nobody records meanwhile.</summary>
    internal void Add(LatencyHistogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear() => Array.Clear(_counts);

    /// <summary>
    /// The time that a share of all was not above; null where nothing was counted.
    /// </summary>
    internal double? Microseconds(double share)
    {
        long total = _counts.Sum();
        if (total == 0)
        {
            return null;
        }

        long rank = Math.Max(1, (long)Math.Ceiling(total * share));
        int bucket = 0;
        for (long seen = _counts[0]; seen < rank; seen += _counts[bucket])
        {
            bucket++;
        }

        return MiddleOf(bucket) * 1e6 / Stopwatch.Frequency;
    }

    private static int Bucket(long ticks)
    {
        ulong value = (ulong)Math.Max(ticks, 0);
        int shift = Math.Max(0, BitOperations.Log2(value) - SubBucketBits);
        return (shift << SubBucketBits) + (int)(value >> shift);
    }

    private static double MiddleOf(int bucket)
    {
        // From one octave on, a bucket number is (shift + 1) * 32 + the bits below the top one.
        int shift = Math.Max(0, (bucket >> SubBucketBits) - 1);
        long low = (long)(bucket - (shift << SubBucketBits)) << shift;
        return low + ((1L << shift) / 2.0);
    }
}
