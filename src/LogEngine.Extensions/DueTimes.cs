namespace LogEngine.Extensions;

/// <summary>The due times of a recurring message that get a message now.</summary>
/// <param name="Times">Each gets one; none where those missed are passed over.</param>
/// <param name="Next">When it is due next; at or before now where there are more than fit one commit.</param>
internal readonly record struct DueTimes(IReadOnlyList<DateTimeOffset> Times, DateTimeOffset? Next)
{
    /// <summary>Most messages of one commit.</summary>
    internal const int MostAtOnce = 100;

    /// <param name="recurrence">When it is due.</param>
    /// <param name="missed">What becomes of times that were missed.</param>
    /// <param name="tolerance">How late is not missed.</param>
    /// <param name="first">The first due time that had no message; at or before now.</param>
    /// <param name="now">The time.</param>
    internal static DueTimes Of(
        Recurrence recurrence,
        MissedTimes missed,
        TimeSpan tolerance,
        DateTimeOffset first,
        DateTimeOffset now)
    {
        if (missed == MissedTimes.One)
        {
            return new DueTimes([first], recurrence.Next(now));
        }

        DateTimeOffset? next = first;
        if (missed == MissedTimes.Skip && now - first > tolerance)
        {
            // The first that is late by no more than the tolerance.
            next = recurrence.Next(now - tolerance - TimeSpan.FromTicks(1));
        }

        List<DateTimeOffset> times = [];
        while (next is { } due && due <= now && times.Count < MostAtOnce)
        {
            times.Add(due);
            next = recurrence.Next(due);
        }

        return new DueTimes(times, next);
    }
}
