namespace LogEngine.Testing;

/// <summary>A fault that a simulated disk is to show.</summary>
public sealed record PlannedFault
{
    /// <summary>Which kinds of operation it strikes.</summary>
    public OperationKinds Kinds { get; init; } = OperationKinds.All;

    /// <summary>Strikes the so-many-th operation that matches, from 1; default 1.</summary>
    public long Occurrence { get; init; } = 1;

    /// <summary>
    /// Whether it strikes every matching operation from then on; default only that one.
    /// </summary>
    public bool Sticky { get; init; }

    /// <summary>Only paths that contain this; default all.</summary>
    public string PathPart { get; init; } = string.Empty;

    /// <summary>The error number, such as 5 for EIO or 28 for ENOSPC; default 5.</summary>
    public int ErrorNumber { get; init; } = 5;

    /// <summary>
    /// Bytes that a failing write has nevertheless written; default none, as in a write that was
    /// refused.
    /// </summary>
    public int BytesWritten { get; init; }

    /// <summary>
    /// Whether a failing sync drops the dirty pages, as Linux does: the next sync succeeds and the
    /// bytes are on no disk. Default true.
    /// </summary>
    public bool LosesPages { get; init; } = true;

    /// <summary>
    /// The operation does nothing and reports success: a disk that lies. Only for writes and syncs.
    /// </summary>
    public bool Lies { get; init; }

    /// <summary>
    /// A write that lies lands so many bytes away from its place, where that is not before the
    /// file's beginning; 0, the default, loses it.
    /// </summary>
    public long MisplacedBy { get; init; }

    /// <summary>A misplaced write is in its own place too: written twice. Default false.</summary>
    public bool AlsoInPlace { get; init; }
}
