namespace LogEngine.Stores.Migration;

/// <summary>
/// Keys of the lowest versions of those that are shown to it, as many as fit: so that all keys of a keyspace
/// come in the order of versions, in several goes where memory does not hold them.
/// </summary>
internal sealed class OldestFirst(int mostKeys)
{
    private const long MostBytes = 128 << 20;
    private const int Overhead = 64;

    private readonly PriorityQueue<byte[], long> _youngestFirst =
        new(Comparer<long>.Create((a, b) => b.CompareTo(a)));

    private long _bytes;

    /// <summary>The lowest version of a key that did not fit; all below it are here.</summary>
    internal long CutAt { get; private set; } = long.MaxValue;

    internal void Add(ReadOnlySpan<byte> key, long version)
    {
        if (version >= CutAt)
        {
            return;
        }

        _youngestFirst.Enqueue(key.ToArray(), version);
        _bytes += key.Length + Overhead;
        while (_youngestFirst.Count > mostKeys || (_bytes > MostBytes && _youngestFirst.Count > 1))
        {
            _youngestFirst.TryDequeue(out byte[]? cut, out long at);
            _bytes -= cut!.Length + Overhead;
            CutAt = at;
        }
    }

    /// <summary>
    /// The keys with their versions, the lowest first. Where versions are given to whole batches, those that
    /// share the version at which it was cut are left for the next go, all of them.
    /// </summary>
    internal List<(byte[] Key, long Version)> Take()
    {
        List<(byte[] Key, long Version)> found = new(_youngestFirst.Count);
        while (_youngestFirst.TryDequeue(out byte[]? key, out long version))
        {
            if (version < CutAt)
            {
                found.Add((key, version));
            }
        }

        found.Reverse();
        return found;
    }
}
