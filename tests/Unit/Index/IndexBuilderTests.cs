using LogEngine.Index;

namespace LogEngine.Unit.Index;

public sealed class IndexBuilderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(80)]
    [InlineData(30_000)]
    public void What_was_added_is_there_and_can_be_changed(int count)
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        using (IndexBuilder builder = index.Build())
        {
            for (int i = 0; i < count; i++)
            {
                builder.Add(Key(i), new IndexValue(i + 1, (ulong)i, i % 7 == 0 ? 5 : 0));
            }

            builder.Complete();
        }

        index.Publish(1, null);
        TreeCheck.NothingLeaks(index);
        for (int i = 0; i < count; i++)
        {
            Assert.True(index.TryGet(Key(i), out IndexValue value));
            Assert.Equal(new IndexValue(i + 1, (ulong)i, i % 7 == 0 ? 5 : 0), value);
        }

        for (int i = 0; i < count; i += 3)
        {
            Assert.True(index.Remove(Key(i), out _));
        }

        index.Publish(2, null);
        TreeCheck.NothingLeaks(index);
        Assert.Equal(count - ((count + 2) / 3), index.Count);
    }

    [Fact]
    public void Pages_are_nearly_full()
    {
        const int Count = 100_000;
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        using IndexBuilder builder = index.Build();
        for (int i = 0; i < Count; i++)
        {
            builder.Add([0, 0, 0, 1, (byte)(i >> 16), (byte)(i >> 8), (byte)i], default);
        }

        builder.Complete();
        index.Publish(1, null);
        TreeCheck.NothingLeaks(index);
        Assert.InRange((double)index.Statistics.UsedBytes / Count, 26, 30);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public void A_key_that_is_not_above_the_last_is_refused(byte next)
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        using IndexBuilder builder = index.Build();
        builder.Add([2], default);
        Assert.Throws<InvalidOperationException>(() => builder.Add([next], default));
    }

    [Fact]
    public void Without_completion_nothing_is_left()
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        using (IndexBuilder builder = index.Build())
        {
            for (int i = 0; i < 5000; i++)
            {
                builder.Add(Key(i), default);
            }
        }

        Assert.Equal(0, index.PendingCount);
        Assert.Equal(0, index.Statistics.UsedPages);
        index.Put([1], default, out _);
        index.Publish(1, null);
        TreeCheck.NothingLeaks(index);
    }

    [Fact]
    public void Only_an_empty_index_is_built()
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        index.Put([1], default, out _);
        Assert.Throws<InvalidOperationException>(() => index.Build());
    }

    /// <summary>Ascending keys of many lengths, some with overflow pages.</summary>
    private static byte[] Key(int number)
    {
        byte[] key = new byte[number % 50 == 0 ? 900 : 4 + (number % 40)];
        key[0] = 1;
        key[1] = (byte)(number >> 16);
        key[2] = (byte)(number >> 8);
        key[3] = (byte)number;
        return key;
    }
}
