using System.Buffers.Binary;
using LogEngine.Index;

namespace LogEngine.Unit.Index;

/// <summary>How full pages are: the bytes that a key costs.</summary>
public sealed class IndexShapeTests
{
    private const int Keys = 60_000;

    [Fact]
    public void Scattered_keys_cost_at_most_48_bytes() =>
        Assert.InRange(BytesPerKey(i => (ulong)i * 0x9E37_79B9_7F4A_7C15), 27, 48);

    [Fact]
    public void Ascending_keys_cost_at_most_36_bytes() =>
        Assert.InRange(BytesPerKey(i => (ulong)i), 26, 36);

    /// <summary>
    /// Two writers' keys interleaved: both runs end inside the tree, one at a time.
    /// </summary>
    [Fact]
    public void Ascending_keys_below_others_fill_their_pages() =>
        Assert.InRange(BytesPerKey(i => ((ulong)(i / 1000 % 2) << 40) + (ulong)i), 26, 36);

    [Fact]
    public void Removing_most_keys_frees_most_pages()
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        Fill(index, i => (ulong)i);
        long full = index.Statistics.UsedPages;
        for (int i = 0; i < Keys; i++)
        {
            if (i % 20 != 0)
            {
                Assert.True(index.Remove(Key((ulong)i), out _));
            }
        }

        index.Publish(1, null);
        TreeCheck.NothingLeaks(index);
        Assert.InRange(index.Statistics.UsedPages, 1, full / 6);
    }

    [Fact]
    public void Overwriting_takes_no_more_pages()
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        Fill(index, i => (ulong)i);
        long touched = index.Statistics.UsedPages + index.Statistics.FreePages;
        for (int i = 0; i < Keys; i++)
        {
            index.Put(Key((ulong)i), new IndexValue(i, 2, 0), out _);
            index.Publish(i, null);
            index.Reclaim();
        }

        Assert.Equal(touched, index.Statistics.UsedPages + index.Statistics.FreePages);
        TreeCheck.NothingLeaks(index);
    }

    private static double BytesPerKey(Func<int, ulong> number)
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        Fill(index, number);
        TreeCheck.NothingLeaks(index);
        return (double)index.Statistics.UsedBytes / Keys;
    }

    private static void Fill(OrderedIndex index, Func<int, ulong> number)
    {
        for (int i = 0; i < Keys; i++)
        {
            Assert.False(index.Put(Key(number(i)), new IndexValue(i + 1, 1, 0), out _));
            if (i % 100 == 99)
            {
                index.Publish(i, null);
                index.Reclaim();
            }
        }
    }

    private static byte[] Key(ulong number)
    {
        byte[] key = new byte[12];
        key[3] = 9;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(4), number);
        return key;
    }
}
