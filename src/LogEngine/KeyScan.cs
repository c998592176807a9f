using System.Runtime.CompilerServices;

namespace LogEngine;

/// <summary>Goes through a range of keys in order, as of one moment.</summary>
/// <remarks>
/// Not thread-safe. Dispose it: it keeps what it reads alive. What it shows is always of the same moment,
/// however long it takes.
/// </remarks>
public abstract class KeyScan : IAsyncDisposable, IDisposable
{
    /// <summary>The current key; valid until the next move.</summary>
    /// <exception cref="InvalidOperationException">The scan stands on no entry.</exception>
    public abstract ReadOnlySpan<byte> Key { get; }

    /// <summary>
    /// The current value, verified; valid until the next move. Empty where only keys are read.
    /// </summary>
    /// <exception cref="InvalidOperationException">The scan stands on no entry.</exception>
    public abstract ReadOnlySpan<byte> Value { get; }

    /// <summary>Version and expiry of the current value.</summary>
    /// <exception cref="InvalidOperationException">The scan stands on no entry.</exception>
    public abstract ValueInfo Info { get; }

    /// <summary>Goes to the next entry. False at the end.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="CorruptionException">A value is damaged; it names the place.</exception>
    /// <exception cref="StorageIOException">It cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The scan, its view or the engine is closed.</exception>
    public abstract ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default);

    /// <summary>The entries from the next on, each with bytes of its own.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <inheritdoc cref="MoveNextAsync"/>
    public async IAsyncEnumerable<KeyValueEntry> ReadAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (await MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return new KeyValueEntry(Key.ToArray(), Value.ToArray(), Info);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>The same, for <c>await foreach</c> over the scan itself.</summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public IAsyncEnumerator<KeyValueEntry> GetAsyncEnumerator(
        CancellationToken cancellationToken = default) =>
        ReadAllAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    /// <summary>For engines: the entry that the scan stands on, as a watch tells what was there.</summary>
    /// <param name="moment">The moment that the scan shows.</param>
    public KeyChange ToState(WatchPosition moment) => new()
    {
        Kind = KeyChangeKind.State,
        Position = moment,
        Key = Key.ToArray(),
        Value = Value.ToArray(),
        Version = Info.Version,
        ExpiresAt = Info.ExpiresAt,
    };

    /// <summary>Lets go of what it keeps alive. Idempotent.</summary>
    public abstract void Dispose();

    /// <inheritdoc cref="Dispose"/>
    public virtual ValueTask DisposeAsync()
    {
        Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>An entry of a scan with bytes of its own.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; empty where only keys are read.</param>
/// <param name="Info">Version and expiry.</param>
public sealed record KeyValueEntry(
    ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, ValueInfo Info)
{
    /// <summary>The key as text.</summary>
    /// <exception cref="FormatException">It is no UTF-8.</exception>
    public string KeyText => TextRules.Decode(Key.Span, "The key");

    /// <summary>The value as text.</summary>
    /// <exception cref="FormatException">It is no UTF-8.</exception>
    public string ValueText => TextRules.Decode(Value.Span, "The value");

    /// <summary>Whether the other one has the same bytes, version and expiry.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(KeyValueEntry? other) => other is not null
        && Info == other.Info
        && Key.Span.SequenceEqual(other.Key.Span)
        && Value.Span.SequenceEqual(other.Value.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Key.Span);
        hash.AddBytes(Value.Span);
        hash.Add(Info);
        return hash.ToHashCode();
    }
}
