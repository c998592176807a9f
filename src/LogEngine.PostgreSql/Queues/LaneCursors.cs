using LogEngine.Stores.Queues;

namespace LogEngine.PostgreSql.Queues;

/// <summary>
/// Where the next claim begins in each lane: behind the last id that was claimed, so that it does not step over what
/// is leased, or dead and not removed yet. What comes back below a cursor is seen by a look at the whole, which is made at least once
/// a second; what this process knows of moves the cursor back at once. And how often each lane was passed over.
/// </summary>
/// <remarks>Guarded by its lock.</remarks>
internal sealed class LaneCursors(TimeProvider time)
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly long[] _cursors = new long[QueueMessage.Lanes];
    private readonly int[] _passed = new int[QueueMessage.Lanes];

    /// <summary>
    /// The lowest that a cursor was moved back to since the last claim began: that claim may not have seen the message,
    /// whatever ids it has found behind it.
    /// </summary>
    private readonly long[] _lowest = new long[QueueMessage.Lanes];
    private long? _lookedAt;

    /// <summary>What the next claim needs to know.</summary>
    internal (long[] Cursors, int[] Passed, bool Whole) Next()
    {
        lock (_gate)
        {
            bool whole = _lookedAt is not { } at || time.GetElapsedTime(at) >= LongestPause;
            if (whole)
            {
                _lookedAt = time.GetTimestamp();
            }

            Array.Fill(_lowest, long.MaxValue);
            return ([.. _cursors], [.. _passed], whole);
        }
    }

    /// <summary>A message of this process may be received that stands below a cursor.</summary>
    internal void Back(int lane, long id)
    {
        lock (_gate)
        {
            _cursors[lane] = Math.Min(_cursors[lane], id - 1);
            _lowest[lane] = Math.Min(_lowest[lane], id - 1);
        }
    }

    /// <summary>The next claim looks at everything.</summary>
    internal void LookAtAll()
    {
        lock (_gate)
        {
            _lookedAt = null;
        }
    }

    /// <summary>Notes what a claim has found.</summary>
    /// <param name="claimed">Lane and id of each message, in the order of delivery.</param>
    /// <param name="found">A bit for each lane that had messages.</param>
    /// <param name="whole">It began at the beginning.</param>
    internal void Claimed(
        IReadOnlyList<(int Lane, long Id)> claimed, int found, bool whole)
    {
        lock (_gate)
        {
            long[] highest = new long[QueueMessage.Lanes];
            foreach ((int lane, long id) in claimed)
            {
                highest[lane] = Math.Max(highest[lane], id);
                for (int other = 0; other < _passed.Length; other++)
                {
                    _passed[other] = other == lane ? 0
                        : (found & (1 << other)) != 0 ? _passed[other] + 1
                        : _passed[other];
                }
            }

            for (int lane = 0; lane < highest.Length; lane++)
            {
                // A look at the whole goes on where it has stopped.
                if (highest[lane] > 0)
                {
                    long next = whole ? highest[lane] : Math.Max(highest[lane], _cursors[lane]);
                    _cursors[lane] = Math.Min(next, _lowest[lane]);
                }
            }
        }
    }
}
