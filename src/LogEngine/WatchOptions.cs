using LogEngine.Format;

namespace LogEngine;

/// <summary>What a watch of a keyspace tells, and from where on. Immutable.</summary>
public sealed record WatchOptions
{
    /// <summary>
    /// Behind which place it begins; null for the moment at which the enumeration is first moved.
    /// </summary>
    public WatchPosition? From { get; init; }

    /// <summary>What the keys begin with; empty for all of the keyspace.</summary>
    public ReadOnlyMemory<byte> Prefix { get; init; }

    /// <summary>
    /// First tells everything that is there, as of one moment (<see cref="KeyChangeKind.State"/>), then that it
    /// is complete (<see cref="KeyChangeKind.Progress"/>), then what changes after that moment.
    /// </summary>
    public bool StartsWithState { get; init; }

    /// <summary>
    /// Also tells what can be read already and a power loss may still take back. What is told then is not
    /// taken back by another change.
    /// </summary>
    public bool BeforeDurable { get; init; }

    /// <summary>
    /// Tells <see cref="KeyChangeKind.Progress"/> whenever there is nothing more to tell for now.
    /// </summary>
    public bool ReportsProgress { get; init; }

    /// <summary>Compares what the prefixes hold, not where they are.</summary>
    public bool Equals(WatchOptions? other) =>
        other is not null
        && From == other.From
        && Prefix.Span.SequenceEqual(other.Prefix.Span)
        && StartsWithState == other.StartsWithState
        && BeforeDurable == other.BeforeDurable
        && ReportsProgress == other.ReportsProgress;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(From, Contents.Hash(Prefix), StartsWithState);

    /// <exception cref="ArgumentException">The options do not fit each other.</exception>
    internal void Validate()
    {
        if (From is { } from)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(from.Commit, nameof(From));
            ArgumentOutOfRangeException.ThrowIfNegative(from.Incarnation, nameof(From));
            if (StartsWithState)
            {
                throw new ArgumentException(
                    $"With {nameof(StartsWithState)} a watch begins now; leave {nameof(From)} out.",
                    nameof(StartsWithState));
            }
        }

        if (Prefix.Length > FormatLimits.MaxKeyBytes)
        {
            throw new ArgumentException(
                $"A prefix of {Prefix.Length} bytes; at most {FormatLimits.MaxKeyBytes} are allowed.",
                nameof(Prefix));
        }
    }
}
