namespace LogEngine.Unit.Index;

public sealed class IndexRangeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(20_000)]
    public void A_range_over_everything_leaves_nothing(int count)
    {
        using IndexModel model = Filled(count);
        model.RemoveRange([], []);
        model.Publish();
        model.CheckAll();
        Assert.Equal(0, model.Index.Statistics.UsedPages);
        model.Put([1]);
        model.Publish();
        model.CheckAll();
    }

    [Fact]
    public void Ranges_at_every_place_leave_the_rest()
    {
        Random random = new(4);
        for (int round = 0; round < 40; round++)
        {
            using IndexModel model = Filled(6000);
            for (int cut = 0; cut < 6; cut++)
            {
                byte[] from = random.Next(8) == 0 ? [] : IndexBasicTests.Key(random.Next(6000));
                byte[] to = random.Next(8) == 0 ? [] : IndexBasicTests.Key(random.Next(6000));
                model.RemoveRange(from, to);
                if (random.Next(2) == 0)
                {
                    model.Publish();
                }
            }

            model.Publish();
            model.CheckAll();
        }
    }

    [Fact]
    public void A_range_may_be_given_up_again()
    {
        using IndexModel model = Filled(3000);
        model.RemoveRange(IndexBasicTests.Key(7), []);
        model.Discard();
        model.CheckAll();
    }

    [Fact]
    public void Ranges_are_read_and_counted_from_any_bound()
    {
        Random random = new(5);
        using IndexModel model = Filled(3000);
        for (int i = 0; i < 60; i++)
        {
            model.CheckRange(
                IndexBasicTests.Key(random.Next(9000)), IndexBasicTests.Key(random.Next(9000)));
        }

        model.CheckRange([], IndexBasicTests.Key(3));
        model.CheckRange(IndexBasicTests.Key(3), []);
        model.CheckRange([0], [0, 0]);
        model.CheckRange(IndexBasicTests.Key(3), IndexBasicTests.Key(3));
    }

    [Fact]
    public void Empty_and_inverted_ranges_change_nothing()
    {
        using IndexModel model = Filled(10);
        model.RemoveRange([9], [3]);
        model.RemoveRange([9], [9]);
        model.CheckRange([9], [3]);
        Assert.False(model.Index.HasPending);
    }

    private static IndexModel Filled(int count)
    {
        IndexModel model = new();
        for (int i = 0; i < count; i++)
        {
            model.Put(IndexBasicTests.Key(i), i % 3);
        }

        model.Publish();
        return model;
    }
}
