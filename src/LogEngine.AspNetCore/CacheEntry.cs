using System.Buffers.Binary;
using Microsoft.Extensions.Caching.Distributed;

namespace LogEngine.AspNetCore;

/// <summary>
/// When an entry of the distributed cache expires. It stands before the entry's content, 20 bytes, little-endian:
/// <c>LEC</c> and the version 1; the sliding window in ticks of 100 ns, 0 for none; the deadline in ticks of UTC, 0 for none.
/// When the entry expires as things stand is the engine's to know.
/// </summary>
/// <param name="Sliding">How long it lives without being read; zero for as long as the deadline says.</param>
/// <param name="Deadline">From when it is absent however often it is read; null for never.</param>
internal readonly record struct CacheEntry(TimeSpan Sliding, DateTimeOffset? Deadline)
{
    internal const int HeaderBytes = 20;

    /// <summary>A window is renewed once a tenth of it has passed: a read is rarely a write.</summary>
    private const int RenewalsPerWindow = 10;

    private static ReadOnlySpan<byte> Mark => [(byte)'L', (byte)'E', (byte)'C', 1];

    /// <summary>Of an entry that is made now.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Its deadline has passed already.</exception>
    internal static CacheEntry Of(DistributedCacheEntryOptions options, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.AbsoluteExpirationRelativeToNow is { } span)
        {
            return new CacheEntry(options.SlidingExpiration ?? default, Expiry.After(now, span));
        }

        return options.AbsoluteExpiration <= now
            ? throw new ArgumentOutOfRangeException(
                nameof(options),
                options.AbsoluteExpiration,
                $"{nameof(options.AbsoluteExpiration)} must be in the future.")
            : new CacheEntry(options.SlidingExpiration ?? default, options.AbsoluteExpiration);
    }

    /// <summary>Reads the header of a row; false where the row is none of this cache.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> row, out CacheEntry entry)
    {
        entry = default;
        if (row.Length < HeaderBytes || !row.StartsWith(Mark))
        {
            return false;
        }

        long sliding = BinaryPrimitives.ReadInt64LittleEndian(row[4..]);
        long deadline = BinaryPrimitives.ReadInt64LittleEndian(row[12..]);
        if (sliding < 0 || deadline < 0 || deadline > DateTimeOffset.MaxValue.UtcTicks)
        {
            return false;
        }

        entry = new CacheEntry(
            new TimeSpan(sliding), deadline == 0 ? null : new DateTimeOffset(deadline, TimeSpan.Zero));
        return true;
    }

    internal void Write(Span<byte> row)
    {
        Mark.CopyTo(row);
        BinaryPrimitives.WriteInt64LittleEndian(row[4..], Sliding.Ticks);
        BinaryPrimitives.WriteInt64LittleEndian(row[12..], Deadline?.UtcTicks ?? 0);
    }

    /// <summary>From when it is absent if it is read now, and never again.</summary>
    internal DateTimeOffset? ExpiresAt(DateTimeOffset now) => Sliding == TimeSpan.Zero
        ? Deadline
        : Expiry.Earlier(Expiry.After(now, Sliding), Deadline);

    /// <summary>
    /// The expiry that a read gives it; null where it has none that a read moves, where it is as late as its
    /// deadline lets it be, or where too little of the window has passed since it was last moved.
    /// </summary>
    /// <param name="expiresAt">When it expires as things stand.</param>
    /// <param name="now">When it is read.</param>
    internal DateTimeOffset? Renewed(DateTimeOffset? expiresAt, DateTimeOffset now)
    {
        if (Sliding == TimeSpan.Zero || expiresAt is not { } until || ExpiresAt(now) is not { } later)
        {
            return null;
        }

        // In ticks: the window may be longer than all of time before its end. Right at the deadline the moving
        // began later than this says, and there is nothing left to move.
        long moved = until.UtcTicks - Sliding.Ticks;
        return later > until && now.UtcTicks - moved >= Sliding.Ticks / RenewalsPerWindow ? later : null;
    }
}
