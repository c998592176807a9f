namespace LogEngine;

/// <summary>How bad a finding is.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing; the log is sound with it.</summary>
    Note = 0,

    /// <summary>Something that was written is not there any more as it was written.</summary>
    Corruption = 1,
}
