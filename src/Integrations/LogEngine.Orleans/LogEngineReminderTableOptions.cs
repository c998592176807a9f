namespace LogEngine.Orleans;

/// <summary>Of the reminders: where they are, and what a registration survives.</summary>
public sealed class LogEngineReminderTableOptions
{
    /// <summary>Name of the engine, a keyed service; null, the default, for the one without a key.</summary>
    public string? Engine { get; set; }

    /// <summary>
    /// What registering and removing a reminder survive once their tasks have completed. Default null: the engine's
    /// default.
    /// </summary>
    public Durability? Durability { get; set; }
}
