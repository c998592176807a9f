using System.Collections.Immutable;
using LogEngine.Index;

namespace LogEngine.Unit.Index;

/// <summary>An index beside a sorted map that gets the same changes.</summary>
internal sealed class IndexModel : IDisposable
{
    private static readonly ImmutableSortedDictionary<byte[], IndexValue> Nothing =
        ImmutableSortedDictionary.Create<byte[], IndexValue>(ByteOrder.Instance);

    private readonly List<(PinnedRoot Pin, ImmutableSortedDictionary<byte[], IndexValue> Map)>
        _pins = [];

    private long _version;

    /// <summary>Small chunks, and freed pages that are poisoned.</summary>
    internal static IndexOptions SmallAndPoisoned { get; } = new()
    {
        ChunkBytes = 1 << 20,
        MaxPrefaultBytes = 0,
        PoisonFreedPages = true,
    };

    internal OrderedIndex Index { get; } = new(SmallAndPoisoned);

    /// <summary>What the index holds, unpublished changes included.</summary>
    internal ImmutableSortedDictionary<byte[], IndexValue> Map { get; private set; } = Nothing;

    /// <summary>What the published state holds.</summary>
    internal ImmutableSortedDictionary<byte[], IndexValue> Published { get; private set; } =
        Nothing;

    internal int PinCount => _pins.Count;

    internal void Put(byte[] key, long expires = 0)
    {
        _version++;
        IndexValue value = new(_version, (ulong)_version * 8, expires);
        bool had = Index.Put(key, value, out IndexValue old);
        Assert.Equal(Map.TryGetValue(key, out IndexValue expected), had);
        Assert.Equal(expected, old);
        Map = Map.SetItem(key, value);
    }

    internal void Remove(byte[] key)
    {
        bool had = Index.Remove(key, out IndexValue old);
        Assert.Equal(Map.TryGetValue(key, out IndexValue expected), had);
        Assert.Equal(expected, old);
        Map = Map.Remove(key);
    }

    /// <summary>Moves a key, with the location that it has or with another one.</summary>
    internal void Move(byte[] key, bool expectRight)
    {
        bool there = Map.TryGetValue(key, out IndexValue had);
        ulong expected = expectRight ? had.Location : had.Location + 1;
        ulong location = had.Location + 3;
        bool moved = Index.TryReplaceLocation(key, expected, location, out IndexValue now);
        Assert.Equal(there && expectRight, moved);
        if (moved)
        {
            Map = Map.SetItem(key, had with { Location = location });
        }

        Assert.Equal(Map.GetValueOrDefault(key), now);
    }

    internal void RemoveRange(byte[] from, byte[] to)
    {
        List<(byte[] Key, IndexValue Value)> seen = [];
        long count = Index.RemoveRange(
            from, to, (ReadOnlySpan<byte> key, in IndexValue value) =>
                seen.Add((key.ToArray(), value)));
        List<(byte[] Key, IndexValue Value)> expected = InRange(Map, from, to);
        Map = Map.RemoveRange(expected.Select(entry => entry.Key));
        AssertSame(expected, seen);
        Assert.Equal(expected.Count, count);
    }

    internal void Publish()
    {
        Index.Publish(_version, Map);
        Published = Map;
        Index.Reclaim();
    }

    internal void Discard()
    {
        Index.DiscardPending();
        Map = Published;
    }

    internal void Pin() => _pins.Add((Index.Pin(), Published));

    /// <summary>Checks a pinned state, however long ago it was pinned, and lets it go.</summary>
    internal void Unpin(int which)
    {
        (PinnedRoot pin, ImmutableSortedDictionary<byte[], IndexValue> map) = _pins[which];
        _pins.RemoveAt(which);
        Check(pin, map);
        pin.Dispose();
    }

    /// <summary>The states are what the maps hold, by every way to read them.</summary>
    internal void Check()
    {
        foreach ((PinnedRoot held, ImmutableSortedDictionary<byte[], IndexValue> map) in _pins)
        {
            Check(held, map);
        }

        using PinnedRoot pin = Index.Pin();
        Check(pin, Published);
        Assert.Equal(Map.Count, Index.PendingCount);
        foreach ((byte[] key, IndexValue value) in Map)
        {
            Assert.True(Index.TryGetPending(key, out IndexValue found));
            Assert.Equal(value, found);
        }
    }

    /// <summary>Nothing is left to publish or pinned: no page may be lost either.</summary>
    internal void CheckAll()
    {
        Check();
        TreeCheck.NothingLeaks(Index);
    }

    internal static void Check(
        PinnedRoot pin, ImmutableSortedDictionary<byte[], IndexValue> expected)
    {
        List<(byte[] Key, IndexValue Value)> all = InRange(expected, [], []);
        Assert.Equal(all.Count, pin.Count);
        AssertSame(all, Read(pin.Seek(default, default)));
        List<(byte[] Key, IndexValue Value)> backward = Read(pin.Seek(default, default, true));
        backward.Reverse();
        AssertSame(all, backward);
        foreach ((byte[] key, IndexValue value) in expected)
        {
            Assert.True(pin.TryGet(key, out IndexValue found));
            Assert.Equal(value, found);
        }
    }

    /// <summary>A range is what the map has in it, both ways and counted.</summary>
    internal void CheckRange(byte[] from, byte[] to)
    {
        using PinnedRoot pin = Index.Pin();
        List<(byte[] Key, IndexValue Value)> expected = InRange(Published, from, to);
        AssertSame(expected, Read(pin.Seek(from, to)));
        Assert.Equal(expected.Count, pin.CountRange(from, to));
        List<(byte[] Key, IndexValue Value)> backward = Read(pin.Seek(from, to, backward: true));
        backward.Reverse();
        AssertSame(expected, backward);
    }

    /// <summary>Several keys at once are what they are one by one.</summary>
    internal void CheckMany(IReadOnlyList<byte[]> keys)
    {
        byte[] bytes = [.. keys.SelectMany(key => key)];
        int[] ends = new int[keys.Count];
        int end = 0;
        for (int i = 0; i < keys.Count; i++)
        {
            end += keys[i].Length;
            ends[i] = end;
        }

        IndexValue[] values = new IndexValue[keys.Count];
        bool[] found = new bool[keys.Count];
        int hits = Index.TryGetMany(bytes, ends, values, found);
        Assert.Equal(found.Count(hit => hit), hits);
        for (int i = 0; i < keys.Count; i++)
        {
            Assert.Equal(Published.ContainsKey(keys[i]), found[i]);
            Assert.Equal(Published.GetValueOrDefault(keys[i]), values[i]);
        }
    }

    internal static List<(byte[] Key, IndexValue Value)> Read(IndexCursor cursor)
    {
        List<(byte[] Key, IndexValue Value)> read = [];
        while (cursor.MoveNext())
        {
            read.Add((cursor.Key.ToArray(), cursor.Value));
        }

        Assert.False(cursor.MoveNext());
        return read;
    }

    /// <inheritdoc/>
    public void Dispose() => Index.Dispose();

    private static List<(byte[] Key, IndexValue Value)> InRange(
        ImmutableSortedDictionary<byte[], IndexValue> map, byte[] from, byte[] to) =>
    [
        .. map
            .Where(pair => ByteOrder.Instance.Compare(pair.Key, from) >= 0
                && (to.Length == 0 || ByteOrder.Instance.Compare(pair.Key, to) < 0))
            .Select(pair => (pair.Key, pair.Value)),
    ];

    private static void AssertSame(
        List<(byte[] Key, IndexValue Value)> expected, List<(byte[] Key, IndexValue Value)> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(expected[i].Key.AsSpan().SequenceEqual(actual[i].Key), $"key {i}");
            Assert.Equal(expected[i].Value, actual[i].Value);
        }
    }
}
