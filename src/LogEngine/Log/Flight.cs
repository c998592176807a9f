namespace LogEngine.Log;

/// <summary>
/// A group whose write may be on its way beside others: written in any order, landed in that of the log.
/// </summary>
/// <remarks>
/// Whoever launches it, under the commit role, fills it; then it belongs to the thread that writes it,
/// and from <see cref="IsOver"/> on, which is set under the gate, to the one that lands it.
/// </remarks>
internal sealed class Flight
{
    /// <summary>Bytes that are written, in whole blocks.</summary>
    internal int Length { get; set; }

    /// <summary>Time in the group's header.</summary>
    internal long TimeTicks { get; set; }

    /// <summary>Sequence of the durable mark in the group's header.</summary>
    internal long MarkedSequence { get; set; }

    /// <summary>How long its write took.</summary>
    internal TimeSpan Took { get; set; }

    /// <summary>Why it failed; null where it did not.</summary>
    internal Exception? Failure { get; set; }

    /// <summary>The write has returned. Under the gate.</summary>
    internal bool IsOver { get; set; }

    internal void Reset()
    {
        Took = TimeSpan.Zero;
        Failure = null;
        IsOver = false;
    }
}
