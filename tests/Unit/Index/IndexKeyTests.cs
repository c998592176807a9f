using LogEngine.Index;

namespace LogEngine.Unit.Index;

/// <summary>Keys that are hard on the layout of a page.</summary>
public sealed class IndexKeyTests
{
    [Fact]
    public void Keys_of_every_length_are_kept()
    {
        using IndexModel model = new();
        for (int length = 1; length <= IndexLimits.MaxKeyBytes; length += length < 600 ? 1 : 73)
        {
            model.Put(Filled((byte)(length * 31), length));
        }

        model.Put(Filled(0x33, IndexLimits.MaxKeyBytes));
        model.Publish();
        model.CheckAll();
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0xFF)]
    public void Keys_that_begin_one_another_are_told_apart(byte value)
    {
        using IndexModel model = new();
        for (int length = 400; length > 0; length--)
        {
            model.Put(Filled(value, length));
        }

        model.Publish();
        model.CheckAll();
        model.CheckMany([.. Enumerable.Range(1, 420).Select(length => Filled(value, length))]);
        for (int length = 1; length <= 400; length += 2)
        {
            model.Remove(Filled(value, length));
        }

        model.Publish();
        model.CheckAll();
    }

    [Fact]
    public void Hundreds_of_keys_share_their_head()
    {
        using IndexModel model = new();
        for (int i = 0; i < 900; i++)
        {
            byte[] key = Filled(0x41, 16);
            key[14] = (byte)(i >> 8);
            key[15] = (byte)i;
            model.Put(key);
            model.Put([.. Filled(0xFF, 9), (byte)(i >> 8), (byte)i]);
        }

        model.Put(Filled(0x41, 8));
        model.Put(Filled(0xFF, 8));
        model.Publish();
        model.CheckAll();
        model.CheckRange(Filled(0x41, 9), Filled(0x41, 15));
    }

    [Fact]
    public void The_longest_keys_are_told_apart_by_their_last_byte()
    {
        using IndexModel model = new();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < 200; i++)
            {
                byte[] key = Filled(0x55, IndexLimits.MaxKeyBytes);
                key[^1] = (byte)i;
                model.Put(key, round);
            }

            model.Publish();
            model.CheckAll();
        }

        model.RemoveRange(Filled(0x55, IndexLimits.MaxKeyBytes), []);
        model.Publish();
        model.CheckAll();
    }

    /// <summary>A page whose prefix gets shorter: its suffixes outgrow it, or overflow.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(250)]
    [InlineData(600)]
    [InlineData(2000)]
    public void A_key_without_the_prefix_of_all_others_gets_in(int prefixLength)
    {
        using IndexModel model = new();
        for (int i = 0; i < 60; i++)
        {
            model.Put([.. Filled(0x70, prefixLength), (byte)i]);
        }

        model.Put([1]);
        model.Put([0xFE]);
        model.Put(Filled(0x70, prefixLength / 2));
        model.Put([.. Filled(0x70, prefixLength / 2), 0x71]);
        model.Publish();
        model.CheckAll();
        model.Remove([1]);
        model.Remove([0xFE]);
        for (int i = 0; i < 60; i++)
        {
            model.Remove([.. Filled(0x70, prefixLength), (byte)i]);
        }

        model.Publish();
        model.CheckAll();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(IndexLimits.MaxKeyBytes + 1)]
    public void Keys_outside_the_limits_are_refused(int length)
    {
        using IndexModel model = new();
        byte[] key = new byte[length];
        Assert.Throws<ArgumentException>(() => model.Index.TryGet(key, out _));
        Assert.Throws<ArgumentException>(() => model.Index.TryGetPending(key, out _));
        Assert.Throws<ArgumentException>(() => model.Index.Put(key, default, out _));
        Assert.Throws<ArgumentException>(() => model.Index.Remove(key, out _));
        Assert.Throws<ArgumentException>(
            () => model.Index.TryReplaceLocation(key, 0, 0, out _));
        Assert.Throws<ArgumentException>(
            () => model.Index.TryGetMany(key, [length], new IndexValue[1], new bool[1]));
        model.CheckAll();
    }

    private static byte[] Filled(byte value, int length)
    {
        byte[] key = new byte[length];
        key.AsSpan().Fill(value);
        return key;
    }
}
