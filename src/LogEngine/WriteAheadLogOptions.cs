namespace LogEngine;

/// <summary>How a <see cref="WriteAheadLog"/> is opened. Immutable; every default is crash-safe.</summary>
public sealed record WriteAheadLogOptions : DirectoryOptions
{
    /// <summary>All defaults.</summary>
    public WriteAheadLogOptions()
    {
    }

    /// <summary>The log's part of what an engine is opened with.</summary>
    internal WriteAheadLogOptions(DirectoryOptions common)
        : base(common)
    {
    }

    /// <summary>
    /// What is removed by itself, by age and by bytes; default null: nothing. Ignored when read-only.
    /// </summary>
    public LogRetention? Retention { get; init; }

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        Retention?.Validate();
    }
}
