using System.Buffers.Binary;
using LogEngine.Index;

namespace LogEngine.Unit.Index;

public sealed class IndexBasicTests
{
    [Fact]
    public void An_empty_index_has_nothing()
    {
        using IndexModel model = new();
        model.CheckAll();
        Assert.False(model.Index.TryGet([1], out IndexValue value));
        Assert.Equal(default, value);
        Assert.False(model.Index.TryGetPending([1], out _));
        Assert.False(model.Index.Remove([1], out _));
        Assert.Equal(0, model.Index.RemoveRange([], [], Fail));
        Assert.False(model.Index.HasPending);
    }

    [Fact]
    public void One_key_comes_and_goes()
    {
        using IndexModel model = new();
        model.Put([7]);
        Assert.False(model.Index.TryGet([7], out _));
        Assert.True(model.Index.TryGetPending([7], out _));
        model.Publish();
        model.CheckAll();
        model.Remove([7]);
        model.Publish();
        model.CheckAll();
        Assert.Equal(0, model.Index.Statistics.UsedPages);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_changes_give_what_a_sorted_map_gives(int seed)
    {
        Random random = new(seed);
        using IndexModel model = new();
        for (int round = 0; round < 60; round++)
        {
            for (int i = 0; i < 200; i++)
            {
                byte[] key = Key(random.Next(6000));
                if (random.Next(3) == 0)
                {
                    model.Remove(key);
                }
                else
                {
                    model.Put(key, random.Next(5) == 0 ? random.Next() : 0);
                }
            }

            if (round % 7 == 6)
            {
                int from = random.Next(6000);
                model.RemoveRange(Key(from), Key(from + random.Next(600)));
            }

            model.Publish();
            model.CheckAll();
        }
    }

    internal static byte[] Key(int number)
    {
        byte[] key = new byte[12];
        key[3] = 5;
        BinaryPrimitives.WriteUInt64BigEndian(
            key.AsSpan(4), (ulong)number * 0x9E37_79B9_7F4A_7C15);
        return key;
    }

    private static void Fail(ReadOnlySpan<byte> key, in IndexValue value) =>
        Assert.Fail("nothing is there");
}
