using LogEngine.Index;

namespace LogEngine.Unit.Index;

public sealed class IndexChangeTests
{
    [Fact]
    public void Discarded_changes_leave_no_trace()
    {
        using IndexModel model = new();
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 400; i++)
            {
                model.Put(LongKey((round * 53) + i), i % 2);
                model.Put(IndexBasicTests.Key((round * 91) + i));
                model.Remove(IndexBasicTests.Key(i * 3));
            }

            if (round % 2 == 0)
            {
                model.Publish();
            }
            else
            {
                model.Discard();
            }

            model.CheckAll();
        }
    }

    /// <summary>
    /// Keys in order find most leaves where the last one was; whatever changes pages in between, each
    /// still ends up in its own.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Keys_in_order_find_their_leaves_between_other_changes(int seed)
    {
        const int Keys = 3000;
        Random random = new(seed);
        using IndexModel model = new();
        for (int i = 0; i < Keys; i += 1 + random.Next(3))
        {
            model.Put(IndexBasicTests.Key(i));
        }

        model.Publish();
        for (int round = 0; round < 40; round++)
        {
            for (int at = random.Next(100); at < Keys; at += random.Next(1, 12))
            {
                model.Put(IndexBasicTests.Key(at), random.Next(20) == 0 ? at + 1 : 0);
                switch (random.Next(60))
                {
                    case 0:
                        model.Remove(IndexBasicTests.Key(at + random.Next(-3, 4)));
                        break;
                    case 1:
                        model.RemoveRange(
                            IndexBasicTests.Key(at + 1), IndexBasicTests.Key(at + random.Next(1, 300)));
                        break;
                    case 2:
                        model.Move(IndexBasicTests.Key(at), expectRight: true);
                        break;
                    case 3:
                        model.Publish();
                        break;
                    case 4:
                        at = Math.Max(0, at - random.Next(400));
                        break;
                }
            }

            if (random.Next(4) == 0)
            {
                model.Discard();
            }

            model.Publish();
            model.CheckAll();
        }
    }

    [Fact]
    public void An_expiry_comes_and_goes()
    {
        using IndexModel model = new();
        for (int round = 0; round < 6; round++)
        {
            for (int i = 0; i < 500; i++)
            {
                model.Put(IndexBasicTests.Key(i), (i + round) % 3 == 0 ? 0 : i + round);
                model.Put(LongKey(i), (i + round) % 2 == 0 ? 0 : i + 1);
            }

            model.Publish();
            model.CheckAll();
        }
    }

    [Fact]
    public void A_location_is_replaced_only_if_it_is_the_one_expected()
    {
        using IndexModel model = new();
        byte[] key = [1, 2, 3];
        model.Move(key, expectRight: true);
        Assert.False(model.Index.HasPending);
        model.Put(key, 77);
        model.Publish();
        model.Move(key, expectRight: false);
        Assert.False(model.Index.HasPending);
        model.Move(key, expectRight: true);
        Assert.True(model.Index.TryGet(key, out IndexValue old));
        model.Publish();
        Assert.True(model.Index.TryGet(key, out IndexValue now));
        Assert.NotEqual(old.Location, now.Location);
        Assert.Equal(old with { Location = now.Location }, now);
        model.CheckAll();
    }

    [Fact]
    public void Publishing_without_a_change_carries_the_facts()
    {
        using IndexModel model = new();
        model.Put([1]);
        model.Publish();
        model.Index.Publish(99, "facts");
        Assert.Equal((99L, "facts"), (model.Index.Sequence, model.Index.Tag));
        model.CheckAll();
    }

    private static byte[] LongKey(int number)
    {
        byte[] key = new byte[300 + (number % 5 * 400)];
        key.AsSpan().Fill(0x22);
        key[200] = (byte)(number >> 8);
        key[^1] = (byte)number;
        return key;
    }
}
