namespace LogEngine.Compaction;

/// <summary>How long nothing has been written.</summary>
internal enum WriteActivity
{
    /// <summary>Something was a moment ago.</summary>
    Busy,

    /// <summary>For some seconds: what is done now disturbs nobody.</summary>
    Resting,

    /// <summary>For longer: what has not died by now will not soon.</summary>
    Ended,
}
