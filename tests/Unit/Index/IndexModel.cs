using LogEngine.Index;

namespace LogEngine.Unit.Index;

/// <summary>An index beside a sorted map that gets the same changes.</summary>
internal sealed class IndexModel : IDisposable
{
    private long _version;

    internal OrderedIndex Index { get; } = new(SmallAndPoisoned);

    /// <summary>What the index holds, unpublished changes included.</summary>
    internal SortedDictionary<byte[], IndexValue> Map { get; private set; } = new(ByteOrder.Instance);

    internal static IndexOptions SmallAndPoisoned { get; } = new()
    {
        ChunkBytes = 1 << 20,
        MaxPrefaultBytes = 0,
        PoisonFreedPages = true,
    };

    internal void Put(byte[] key, long expires = 0)
    {
        _version++;
        IndexValue value = new(_version, (ulong)_version * 8, expires);
        bool had = Index.Put(key, value, out IndexValue old);
        Assert.Equal(Map.TryGetValue(key, out IndexValue expected), had);
        Assert.Equal(expected, old);
        Map[key] = value;
    }

    internal void Remove(byte[] key)
    {
        bool had = Index.Remove(key, out IndexValue old);
        Assert.Equal(Map.Remove(key, out IndexValue expected), had);
        Assert.Equal(expected, old);
    }

    internal void RemoveRange(byte[] from, byte[] to)
    {
        List<(byte[] Key, IndexValue Value)> seen = [];
        long count = Index.RemoveRange(
            from, to, (ReadOnlySpan<byte> key, in IndexValue value) =>
                seen.Add((key.ToArray(), value)));
        List<(byte[] Key, IndexValue Value)> expected = Range(from, to);
        foreach ((byte[] key, _) in expected)
        {
            Map.Remove(key);
        }

        AssertSame(expected, seen);
        Assert.Equal(expected.Count, count);
    }

    internal void Publish()
    {
        Index.Publish(_version, this);
        Index.Reclaim();
    }

    /// <summary>The published state is what the map holds, by every way to read it.</summary>
    internal void Check()
    {
        TreeCheck.NothingLeaks(Index);
        using PinnedRoot pin = Index.Pin();
        Check(pin, Map);
        foreach ((byte[] key, IndexValue value) in Map)
        {
            Assert.True(Index.TryGet(key, out IndexValue found));
            Assert.Equal(value, found);
        }
    }

    internal static void Check(PinnedRoot pin, SortedDictionary<byte[], IndexValue> expected)
    {
        List<(byte[] Key, IndexValue Value)> all =
            [.. expected.Select(pair => (pair.Key, pair.Value))];
        Assert.Equal(all.Count, pin.Count);
        AssertSame(all, Read(pin.Seek(default, default)));
        List<(byte[] Key, IndexValue Value)> backward = Read(pin.Seek(default, default, true));
        backward.Reverse();
        AssertSame(all, backward);
    }

    internal List<(byte[] Key, IndexValue Value)> Range(byte[] from, byte[] to) =>
    [
        .. Map
            .Where(pair => ByteOrder.Instance.Compare(pair.Key, from) >= 0
                && (to.Length == 0 || ByteOrder.Instance.Compare(pair.Key, to) < 0))
            .Select(pair => (pair.Key, pair.Value)),
    ];

    internal static List<(byte[] Key, IndexValue Value)> Read(IndexCursor cursor)
    {
        List<(byte[] Key, IndexValue Value)> read = [];
        while (cursor.MoveNext())
        {
            read.Add((cursor.Key.ToArray(), cursor.Value));
        }

        return read;
    }

    internal static void AssertSame(
        List<(byte[] Key, IndexValue Value)> expected, List<(byte[] Key, IndexValue Value)> actual)
    {
        Assert.Equal(expected.Select(entry => entry.Key), actual.Select(entry => entry.Key));
        Assert.Equal(expected.Select(entry => entry.Value), actual.Select(entry => entry.Value));
    }

    public void Dispose() => Index.Dispose();
}
