namespace LogEngine.Stores.Shared;

/// <summary>Times on the wall clock, up to the end of the calendar.</summary>
internal static class Calendar
{
    /// <summary>A time so much later; at the end of the calendar, its last.</summary>
    internal static DateTimeOffset Later(DateTimeOffset now, TimeSpan by) =>
        by >= DateTimeOffset.MaxValue - now ? DateTimeOffset.MaxValue : now + by;

    /// <summary>When something ends that lives so long; null where the calendar ends before it.</summary>
    internal static DateTimeOffset? Expiry(DateTimeOffset now, TimeSpan life) =>
        life >= DateTimeOffset.MaxValue - now ? null : now + life;
}
