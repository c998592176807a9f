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
