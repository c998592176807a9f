using LogEngine.Engine;
using LogEngine.Index;

namespace LogEngine.Recovery;

/// <summary>Holds an index to another one of the same log that came from more of it.</summary>
internal static class IndexCheck
{
    private const int MostBytesShown = 40;

    /// <summary>Checks a whole tree, and then entry by entry what both have.</summary>
    /// <exception cref="CorruptionException">They differ, or the tree is broken.</exception>
    internal static void Run(string directory, CommittedIndex loaded, CommittedIndex fromLog)
    {
        using PinnedRoot ours = loaded.Index.Pin();
        using PinnedRoot theirs = fromLog.Index.Pin();
        CheckTree(directory, loaded, ours);
        IndexCursor mine = ours.Seek(default, default);
        IndexCursor other = theirs.Seek(default, default);
        while (true)
        {
            bool has = mine.MoveNext();
            if (has != other.MoveNext() || (has && !mine.Key.SequenceEqual(other.Key)))
            {
                throw Differs(
                    directory,
                    $"next are {Shown(mine, has)} in the index and "
                    + $"{Shown(other, !other.Key.IsEmpty)} by the log");
            }

            if (!has)
            {
                return;
            }

            if (!IsSame(loaded, mine.Value, fromLog, other.Value))
            {
                throw Differs(
                    directory,
                    $"{Shown(mine, true)} has version {mine.Value.Version} in the index and "
                    + $"{other.Value.Version} by the log, or another place");
            }
        }
    }

    private static void CheckTree(string directory, CommittedIndex loaded, PinnedRoot root)
    {
        using TreeWalk walk = new(loaded.Index.Arena);
        try
        {
            root.Check(walk);
        }
        catch (InvalidOperationException broken)
        {
            throw new CorruptionException(directory, -1, broken.Message, broken);
        }
    }

    private static bool IsSame(
        CommittedIndex left, in IndexValue one, CommittedIndex right, in IndexValue two)
    {
        Location first = new(one.Location);
        Location second = new(two.Location);
        bool place = first.IsChunkSet || second.IsChunkSet
            ? first.Word == second.Word
            : first.Offset == second.Offset
                && first.PaddedLength == second.PaddedLength
                && left.Slots.At(first.Slot)?.Segment == right.Slots.At(second.Slot)?.Segment;
        return place && one.Version == two.Version && one.ExpiresTicks == two.ExpiresTicks;
    }

    private static string Shown(IndexCursor cursor, bool has)
    {
        if (!has)
        {
            return "no key";
        }

        ReadOnlySpan<byte> key = cursor.Key[IndexKey.PrefixSize..];
        return $"key {Convert.ToHexString(key[..Math.Min(key.Length, MostBytesShown)])} of "
            + $"keyspace {IndexKey.KeyspaceOf(cursor.Key)}";
    }

    private static CorruptionException Differs(string directory, string how) =>
        new(directory, -1, $"the index is not what the log says: {how}");
}
