namespace LogEngine.Properties.Queue;

/// <summary>Where a message of the model is.</summary>
internal enum ModelPlace
{
    Ready,
    Scheduled,
    Leased,
    Dead,
}

/// <summary>A message of the model.</summary>
internal sealed class ModelMessage
{
    internal required long Id { get; init; }

    internal required int Lane { get; init; }

    internal required string Body { get; init; }

    /// <summary>Null for none.</summary>
    internal string? Group { get; init; }

    internal ModelPlace Place { get; set; }

    internal int Deliveries { get; set; }

    /// <summary>Wall clock, while scheduled.</summary>
    internal DateTimeOffset DueAt { get; set; }

    /// <summary>Monotonic, while leased.</summary>
    internal TimeSpan ExpiresAt { get; set; }
}
