using System.Runtime.InteropServices;
using LogEngine.Engine;

namespace LogEngine.Snapshots;

/// <summary>
/// Holds the keys of a snapshot to what it says of its keyspaces: every key is in one that is there,
/// and each has as many as it says. Keys come in order, so each keyspace comes once.
/// </summary>
internal sealed class KeyspaceCounter(Func<string, CorruptionException> damage)
{
    private const int ChunkKeyBytes = IndexKey.PrefixSize + 8 + 4;

    /// <summary>Keys that are still to come, of each.</summary>
    private readonly Dictionary<uint, long> _left = [];

    private uint _keyspace;
    private long _seen;

    /// <summary>The snapshot says that a keyspace has so many keys.</summary>
    internal void Expect(uint keyspace, long keys) => _left.Add(keyspace, keys);

    internal void Count(ReadOnlySpan<byte> key, long entry)
    {
        uint keyspace = IndexKey.KeyspaceOf(key);
        if (keyspace != _keyspace)
        {
            Settle();
            _keyspace = keyspace;
        }

        _seen++;
        bool hidden = KeyspaceTable.IsHidden(keyspace);
        if (key.Length == IndexKey.PrefixSize || (hidden && key.Length != ChunkKeyBytes))
        {
            throw damage($"entry {entry} is no key of keyspace {keyspace}");
        }
    }

    /// <summary>All keys have been counted.</summary>
    internal void Finish()
    {
        Settle();
        foreach ((uint keyspace, long left) in _left)
        {
            if (left != 0)
            {
                throw damage($"{left} keys of keyspace {keyspace} are missing");
            }
        }
    }

    private void Settle()
    {
        if (_seen > 0 && !KeyspaceTable.IsHidden(_keyspace))
        {
            ref long left = ref CollectionsMarshal.GetValueRefOrNullRef(_left, _keyspace);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref left))
            {
                throw damage($"there are keys of keyspace {_keyspace}, which it does not list");
            }

            left -= _seen;
        }

        _seen = 0;
    }
}
