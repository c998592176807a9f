using LogEngine.Index;

namespace LogEngine.Unit.Index;

/// <summary>Each way to search heads gives what counting gives.</summary>
public sealed unsafe class HeadSearchTests
{
    private const int Room = 16;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void I3_Every_way_counts_the_heads_below(bool leaf)
    {
        Random random = new(7);
        int most = leaf ? IndexLimits.MaxLeafEntries : IndexLimits.MaxPageEntries;
        ulong[] heads = new ulong[most + Room];
        for (int round = 0; round < 2000; round++)
        {
            int count = random.Next(most + 1);

            // Few different ones, so that equal heads meet block borders; the highest bit too.
            ulong step = round % 3 == 0 ? 1 : ulong.MaxValue / 40;
            for (int i = 0; i < heads.Length; i++)
            {
                heads[i] = (ulong)random.Next(40) * step;
            }

            Array.Sort(heads, 0, count);
            ulong wanted = (ulong)random.Next(41) * step;
            int expected = heads.Take(count).Count(head => head < wanted);
            fixed (ulong* start = heads)
            {
                Assert.Equal(expected, HeadSearch.CountBy128(start, count, wanted, leaf));
                Assert.Equal(expected, HeadSearch.CountBelow(start, count, wanted, leaf));
            }
        }
    }
}
