namespace LogEngine.Extensions;

/// <summary>What happens to a message whose type no handler of its queue takes.</summary>
public enum UnknownMessages
{
    /// <summary>It goes to the dead letters at once, with the reason: replay it once there is a handler.</summary>
    DeadLetter,

    /// <summary>
    /// It is given back, with the longest delay of the processor, as a message whose handler failed: for a
    /// version of the application that is yet to come. Each time counts as a delivery.
    /// </summary>
    GiveBack,
}
