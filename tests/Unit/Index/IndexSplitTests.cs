using System.Globalization;
using System.Text;
using LogEngine.Index;

namespace LogEngine.Unit.Index;

/// <summary>Splits that reach up several levels at once.</summary>
public sealed class IndexSplitTests
{
    // Case 0: a leaf, its parent and its grandparent split in one put, and the separator that moved
    // up still pointed into the scratch of the leaf's level, which the third level had filled with
    // other keys. The key just put was not found, and was put a second time.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void No_key_is_lost_when_three_levels_split_at_once(int seed)
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        Random random = new(seed);
        byte[] hex = new byte[16];
        List<byte[]> keys = [];
        string suffix = "-secondary" + new string('z', 62);
        while (keys.Count < 30_000)
        {
            random.NextBytes(hex);
            string name = Convert.ToHexStringLower(hex);
            foreach (string end in new[] { "-primary", suffix })
            {
                for (int number = 0; number < 400; number++)
                {
                    Put(index, keys, string.Create(
                        CultureInfo.InvariantCulture, $"{name}-{number:D4}{end}"));
                }
            }
        }

        index.Publish(1, null);
        TreeCheck.NothingLeaks(index);
        keys.Sort(ByteOrder.Instance);
        using PinnedRoot pin = index.Pin();
        Assert.Equal(keys, IndexModel.Read(pin.Seek(default, default)).Select(read => read.Key));
    }

    private static void Put(OrderedIndex index, List<byte[]> keys, string text)
    {
        byte[] key = Encoding.ASCII.GetBytes(text);
        keys.Add(key);
        IndexValue value = new(keys.Count, (ulong)keys.Count, 0);
        Assert.False(index.Put(key, value, out _));
        Assert.True(index.TryGetPending(key, out IndexValue found), $"put {keys.Count}");
        Assert.Equal(value, found);
    }
}
