using LogEngine.Engine;

namespace LogEngine;

/// <summary>An engine as it was at one moment: all keyspaces, unchanged by later writes.</summary>
/// <remarks>
/// Thread-safe. Cheap to open; any number may be open. It keeps what it shows alive, on disk and in
/// memory, until it is disposed: <see cref="EngineStatistics.OldestViewSequence"/> shows a forgotten
/// one. What has expired when it was opened is absent in it, nothing expires later.
/// </remarks>
public sealed class ReadView : IDisposable
{
    private readonly StorageEngine _engine;
    private int _disposed;

    internal ReadView(StorageEngine engine, PinnedView pinned)
    {
        _engine = engine;
        Pinned = pinned;
    }

    /// <summary>
    /// Sequence of the last write that it shows. Above <see cref="StorageEngine.DurableSequence"/> a
    /// power loss may take back some of it.
    /// </summary>
    public long Sequence => Pinned.Root.Sequence;

    internal PinnedView Pinned { get; }

    internal EngineReads Reads => _engine.Reads;

    /// <summary>The view of one keyspace of the same engine.</summary>
    /// <exception cref="ArgumentException">The keyspace is another engine's.</exception>
    public KeyspaceView In(Keyspace keyspace)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace.IsOf(_engine)
            ? new KeyspaceView(this, keyspace)
            : throw new ArgumentException(
                $"Keyspace '{keyspace.Name}' is another engine's.", nameof(keyspace));
    }

    /// <summary>Names of the keyspaces in it, in ordinal order.</summary>
    public IReadOnlyList<string> ListKeyspaces() => StorageEngine.NamesOf(Pinned.Facts);

    /// <summary>Lets go of what it keeps alive. Idempotent.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Reads.Release(Pinned);
        }
    }
}
