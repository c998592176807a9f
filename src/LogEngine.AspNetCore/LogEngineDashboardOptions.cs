namespace LogEngine.AspNetCore;

/// <summary>What the dashboard lets whom do; set once, when it is mapped.</summary>
public sealed class LogEngineDashboardOptions
{
    /// <summary>
    /// Whether it is open to everybody who reaches the application; default false: to whom the application's
    /// default policy of authorization lets in. It shows names of keyspaces, queues and topics, reasons of dead
    /// letters, and paths.
    /// </summary>
    public bool AllowAnonymous { get; set; }

    /// <summary>
    /// Whether dead letters can be replayed and discarded from it; default false: it only shows. What it takes is protected against
    /// forged requests by the framework's antiforgery services, which must be there then.
    /// </summary>
    public bool AllowActions { get; set; }

    /// <summary>
    /// Policy of authorization that has to let in who replays and discards, also where everybody may look; default
    /// null: whoever may look.
    /// </summary>
    public string? ActionPolicy { get; set; }
}
