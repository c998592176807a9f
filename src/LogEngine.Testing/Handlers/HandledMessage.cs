namespace LogEngine.Testing.Handlers;

/// <summary>How a delivery ended.</summary>
public enum HandledOutcome
{
    /// <summary>The message is dealt with.</summary>
    Acknowledged,

    /// <summary>It was given back, at once or with a delay.</summary>
    Retried,

    /// <summary>It went to the dead letters.</summary>
    DeadLettered,

    /// <summary>None of these: its lease was lost, or it was settled by nobody.</summary>
    Left,
}

/// <summary>A delivery that a harness has had handled.</summary>
/// <param name="Queue">The queue's name.</param>
/// <param name="Id">The message's id.</param>
/// <param name="Type">The type that the message says; null where it says none.</param>
/// <param name="DeliveryCount">How often it had been delivered, this time included.</param>
/// <param name="At">When, on the harness's clock.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Error">What the handler, or what came behind it, threw; null for nothing.</param>
public sealed record HandledMessage(
    string Queue,
    long Id,
    string? Type,
    int DeliveryCount,
    DateTimeOffset At,
    HandledOutcome Outcome,
    Exception? Error);
