namespace LogEngine;

/// <summary>How the end of a log looks from outside.</summary>
public enum InspectedTail
{
    /// <summary>There is no segment yet.</summary>
    Empty = 0,

    /// <summary>The log was closed.</summary>
    Sealed = 1,

    /// <summary>It was not closed; nothing follows its last group.</summary>
    Clean = 2,

    /// <summary>
    /// It was not closed, and a group at its end is incomplete. Nothing attests that it was ever
    /// durable; the next opening for writing cuts it off.
    /// </summary>
    Torn = 3,

    /// <summary>Something durable is damaged or missing: opening refuses.</summary>
    Damaged = 4,

    /// <summary>
    /// A writer has it open; what lies behind the highest durable mark was not judged.
    /// </summary>
    Live = 5,
}
