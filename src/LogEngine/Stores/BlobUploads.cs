using System.Runtime.CompilerServices;

namespace LogEngine.Stores;

/// <summary>
/// The uploads into one store that are on their way in this process. A mark of any other is a
/// leftover, of a process that is dead or of an upload that could not clean up: to be swept.
/// </summary>
/// <remarks>
/// Thread-safe. All objects of a store share one, since an engine gives the same keyspace for the
/// same name; and no other process writes to the engine.
/// </remarks>
internal sealed class BlobUploads
{
    private static readonly ConditionalWeakTable<Keyspace, BlobUploads> OfKeyspaces = [];

    private readonly HashSet<long> _running = [];

    internal static BlobUploads Of(Keyspace keyspace) => OfKeyspaces.GetOrCreateValue(keyspace);

    /// <summary>Before its mark is written.</summary>
    internal void Begin(long upload)
    {
        lock (_running)
        {
            _running.Add(upload);
        }
    }

    /// <summary>Once it is published, or has tried to clean up.</summary>
    internal void End(long upload)
    {
        lock (_running)
        {
            _running.Remove(upload);
        }
    }

    internal bool IsRunning(long upload)
    {
        lock (_running)
        {
            return _running.Contains(upload);
        }
    }
}
