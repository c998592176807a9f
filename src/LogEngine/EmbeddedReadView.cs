using LogEngine.Engine;

namespace LogEngine;

/// <summary>An embedded engine as it was at one moment.</summary>
/// <remarks>
/// Thread-safe. Cheap to open; any number may be open. It keeps what it shows alive, on disk and in
/// memory, until it is disposed: <see cref="EmbeddedStatistics.OldestViewSequence"/> shows a forgotten
/// one.
/// </remarks>
public sealed class EmbeddedReadView : ReadView
{
    private readonly EmbeddedEngine _engine;
    private int _disposed;

    internal EmbeddedReadView(EmbeddedEngine engine, PinnedView pinned)
    {
        _engine = engine;
        Pinned = pinned;
    }

    /// <summary>
    /// Sequence of the last write that it shows. Above <see cref="EmbeddedEngine.DurableSequence"/> a
    /// power loss may take back some of it.
    /// </summary>
    public long Sequence => Pinned.Root.Sequence;

    internal PinnedView Pinned { get; }

    internal EngineReads Reads => _engine.Reads;

    /// <inheritdoc/>
    public override EmbeddedKeyspaceView In(Keyspace keyspace)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace is EmbeddedKeyspace own && own.IsOf(_engine)
            ? new EmbeddedKeyspaceView(this, own)
            : throw new ArgumentException(
                $"Keyspace '{keyspace.Name}' is another engine's.", nameof(keyspace));
    }

    /// <summary>Names of the keyspaces in it, in ordinal order.</summary>
    public IReadOnlyList<string> ListKeyspaces() => EmbeddedEngine.NamesOf(Pinned.Facts);

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<string>> ListKeyspacesAsync(
        CancellationToken cancellationToken = default) => new(ListKeyspaces());

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Reads.Release(Pinned);
        }
    }
}
