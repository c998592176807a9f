namespace LogEngine.Extensions;

/// <summary>
/// What becomes of due times at which nobody looked: the application was not running, or the recurring
/// message was paused, or the queue was full.
/// </summary>
public enum MissedTimes
{
    /// <summary>One message stands for all of them.</summary>
    One,

    /// <summary>
    /// None is made up for, but what is no later than <see cref="RecurringMessage.Tolerance"/>.
    /// </summary>
    Skip,

    /// <summary>Each gets its message, a hundred in one commit, in their order.</summary>
    All,
}
