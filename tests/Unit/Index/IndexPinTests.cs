using LogEngine.Index;

namespace LogEngine.Unit.Index;

public sealed class IndexPinTests
{
    [Fact]
    public void Pins_across_many_generations_stay_what_they_were()
    {
        Random random = new(6);
        using IndexModel model = new();
        for (int generation = 0; generation < 300; generation++)
        {
            for (int i = 0; i < 30; i++)
            {
                byte[] key = IndexBasicTests.Key(random.Next(2000));
                if (random.Next(3) == 0)
                {
                    model.Remove(key);
                }
                else
                {
                    model.Put(key);
                }
            }

            model.Publish();
            model.Pin();
            if (model.PinCount > 20)
            {
                model.Unpin(random.Next(model.PinCount));
            }
        }

        model.Check();
        while (model.PinCount > 0)
        {
            model.Unpin(random.Next(model.PinCount));
            model.Index.Reclaim();
        }

        model.CheckAll();
    }

    [Fact]
    public void A_long_pin_holds_back_only_what_it_needs()
    {
        using OrderedIndex index = Filled(20_000);
        using PinnedRoot pin = index.Pin();
        long pinned = index.Statistics.UsedPages;
        for (int round = 0; round < 40; round++)
        {
            Overwrite(index, 500, round);
        }

        // At most every page twice: as the pin needs it, and as it is now.
        Assert.InRange(index.Statistics.UsedPages, pinned, 2 * pinned);
        Assert.Equal(index.Statistics.RetiredPages, index.Statistics.PinnedPages);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(0)]
    public void Ten_thousand_pins_are_cheap_in_any_order_of_release(int order)
    {
        using OrderedIndex index = Filled(2_000);
        List<PinnedRoot> pins = [];
        for (int i = 0; i < 10_000; i++)
        {
            index.Put(IndexBasicTests.Key(i % 2000), new IndexValue(i, 1, 0), out _);
            index.Publish(i, null);
            index.Reclaim();
            pins.Add(index.Pin());
        }

        Assert.Equal(10_000, index.Statistics.Pins);
        if (order < 0)
        {
            pins.Reverse();
        }
        else if (order == 0)
        {
            new Random(7).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(pins));
        }

        for (int i = 0; i < pins.Count; i++)
        {
            pins[i].Dispose();
            if (i % 10 == 0)
            {
                index.Reclaim();
            }
        }

        TreeCheck.NothingLeaks(index);
        Assert.Equal(0, index.Statistics.Pins);
    }

    [Fact]
    public void A_forgotten_pin_shows()
    {
        using OrderedIndex index = Filled(100);
        using PinnedRoot pin = index.Pin();
        Overwrite(index, 10, 1);
        Overwrite(index, 10, 2);
        Assert.Equal(2, index.Statistics.OldestPinAge);
        Assert.Equal(1, index.Statistics.Pins);
    }

    [Fact]
    public void A_disposed_pin_cannot_be_read()
    {
        using OrderedIndex index = Filled(1000);
        PinnedRoot pin = index.Pin();
        IndexCursor cursor = pin.Seek(default, default);
        Assert.True(cursor.MoveNext());
        pin.Dispose();
        pin.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pin.TryGet([1], out _));
        Assert.Throws<ObjectDisposedException>(() => cursor.MoveNext());
        Assert.Throws<ObjectDisposedException>(() => pin.Seek(default, default));
        Assert.Throws<ObjectDisposedException>(() => pin.CountRange(default, default));
        Assert.Equal(0, index.Statistics.Pins);
    }

    [Fact]
    public void A_pin_carries_what_was_published()
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        index.Publish(41, "tag");
        using PinnedRoot pin = index.Pin();
        index.Publish(42, null);
        Assert.Equal((41L, "tag", 1L), (pin.Sequence, pin.Tag, pin.Generation));
        Assert.Equal((42L, null, 2L), (index.Sequence, index.Tag, index.Generation));
    }

    [Fact]
    public void A_disposed_index_cannot_be_read()
    {
        OrderedIndex index = Filled(1000);
        PinnedRoot pin = index.Pin();
        index.Dispose();
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.TryGet([1], out _));
        Assert.Throws<ObjectDisposedException>(() => index.Pin());
        Assert.Throws<ObjectDisposedException>(() => index.Put([1], default, out _));
        Assert.Throws<ObjectDisposedException>(() => pin.TryGet([1], out _));
        pin.Dispose();
    }

    /// <summary>The word of a reader that entered holds back what it may look at.</summary>
    [Fact]
    public void An_epoch_holds_back_what_is_retired_after_it()
    {
        using OrderedIndex index = Filled(1000);
        int slot = index.Slots.Enter(index.Generation);
        Overwrite(index, 1000, 1);
        long retired = index.Statistics.RetiredPages;
        Assert.NotEqual(0, retired);
        index.Slots.Exit(slot);
        index.Reclaim();
        Assert.Equal(0, index.Statistics.RetiredPages);
    }

    /// <summary>
    /// A pin that is disposed while a read on it is under way stays until it ends.
    /// </summary>
    [Fact]
    public void A_read_under_way_holds_a_disposed_pin()
    {
        using OrderedIndex index = Filled(1000);
        PinnedRoot pin = index.Pin();
        Overwrite(index, 1000, 1);
        int slot = pin.Enter();
        pin.Dispose();
        index.Reclaim();
        Assert.NotEqual(0, index.Statistics.PinnedPages);
        pin.Exit(slot);
        index.Reclaim();
        Assert.Equal(0, index.Statistics.RetiredPages);
    }

    private static OrderedIndex Filled(int count)
    {
        OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        Overwrite(index, count, 0);
        return index;
    }

    private static void Overwrite(OrderedIndex index, int count, int round)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] key = IndexBasicTests.Key(i + (round * 37));
            index.Put(key, new IndexValue(round + 1, 1, 0), out _);
        }

        index.Publish(round, null);
        index.Reclaim();
    }
}
