using LogEngine.Log;

namespace LogEngine.Engine;

/// <summary>Begins watches of the keyspaces of an engine that is open for writing.</summary>
internal sealed class KeyWatches(
    LogEnvironment environment, LogView view, CommittedIndex state, EngineReads reads)
{
    internal LogEnvironment Environment => environment;

    internal LogView View => view;

    internal CommittedIndex State => state;

    internal EngineReads Reads => reads;

    /// <summary>Begins at a place, or now; what comes behind it is kept until it is disposed.</summary>
    /// <exception cref="ChangesLostException">The place lies ahead of all that there is.</exception>
    /// <exception cref="ArgumentException">It is another keyspace's.</exception>
    internal KeyWatch Begin(KeyspaceName keyspace, WatchOptions options)
    {
        WatchPins.Pin pin = state.Watches.Add(options.From?.Commit ?? state.Published);
        try
        {
            WatchPosition now = reads.PositionOf(null, keyspace);
            WatchPosition from = options.From ?? now;
            if (from.Commit > now.Commit)
            {
                throw new ChangesLostException(keyspace.Name, from, Ahead(now));
            }

            if (!MayBe(keyspace, from.Incarnation))
            {
                throw new ArgumentException(
                    $"Position {from} is of another keyspace than '{keyspace.Name}'.",
                    nameof(options));
            }

            return new KeyWatch(this, keyspace, options, from, pin);
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether a keyspace of that name has, or may have had, an id: of one that was dropped nobody knows.
    /// </summary>
    private bool MayBe(KeyspaceName keyspace, long id)
    {
        KeyspaceTable table = reads.Facts.Keyspaces;
        return id < table.NextId
            && (!table.Contains((uint)id)
                || (table.TryGetId(keyspace.Name, out uint own) && own == id));
    }

    private static string Ahead(WatchPosition now) =>
        $"the last commit is {now.Commit}: what was behind it a power loss has taken, or it is "
        + "another store's";
}
