namespace LogEngine.Stores;

/// <summary>What a row of a run says. Values from 256 on are the application's own.</summary>
public enum RunRowKind
{
    /// <summary>The run entered a state.</summary>
    State = 0,

    /// <summary>A compensation is complete; the row's data is its output.</summary>
    Compensation = 1,

    /// <summary>A step has come so far; the row's data is its cursor.</summary>
    Cursor = 2,
}

/// <summary>A row of a run.</summary>
/// <param name="Sequence">Its number in the run, from 0; rows are read in this order.</param>
/// <param name="State">The state it records; up to 1,024 bytes of UTF-8.</param>
/// <param name="TaskId">The task that it belongs to; up to 1,024 bytes of UTF-8.</param>
/// <param name="Data">Optional bytes; null is not the same as none. Owned by the reader.</param>
/// <param name="Kind">What it says.</param>
public sealed record RunRow(
    long Sequence,
    string State,
    string TaskId,
    ReadOnlyMemory<byte>? Data = null,
    RunRowKind Kind = RunRowKind.State)
{
    /// <summary>Whether the other row says the same, by the bytes of its data.</summary>
    /// <param name="other">The other row.</param>
    public bool Equals(RunRow? other) => other is not null
        && (Sequence, State, TaskId, Kind) == (other.Sequence, other.State, other.TaskId, other.Kind)
        && Data.HasValue == other.Data.HasValue
        && Data.GetValueOrDefault().Span.SequenceEqual(other.Data.GetValueOrDefault().Span);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Sequence, State, TaskId, Data?.Length, Kind);
}
