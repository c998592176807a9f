namespace LogEngine.AspNetCore;

/// <summary>Moments from which something is absent; null for never.</summary>
internal static class Expiry
{
    /// <summary>The moment that is so much later; null where no clock will ever show it.</summary>
    internal static DateTimeOffset? After(DateTimeOffset now, TimeSpan span) =>
        span >= DateTimeOffset.MaxValue - now ? null : now + span;

    /// <summary>The earlier of two.</summary>
    internal static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null || other < one ? other ?? one : one;
}
