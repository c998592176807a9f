using LogEngine.Compare.Measuring;

namespace LogEngine.Bench;

public class ZipfianTests
{
    private const int Draws = 1_000_000;

    [Fact]
    public void The_constant_for_scrambled_ranks_is_the_sum_it_stands_for()
    {
        // Sum of the first million terms, and the Euler-Maclaurin formula for the other ten billion.
        const double Theta = Zipfian.StandardTheta;
        const double Summed = 1_000_000;
        double last = Zipfian.ScrambledItems;
        double rest = ((Math.Pow(last, 1 - Theta) - Math.Pow(Summed, 1 - Theta)) / (1 - Theta))
            + ((Math.Pow(last, -Theta) - Math.Pow(Summed, -Theta)) / 2);
        double zeta = Zipfian.Zeta((long)Summed, Theta) + rest;

        double firstOfAll = Share(Zipfian.Scrambled, number => number == 0);

        Assert.Equal(26.46902820178302, zeta, 5);
        Assert.Equal(1 / zeta, firstOfAll, 5);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1000)]
    [InlineData(1_000_000)]
    public void The_first_two_numbers_come_exactly_as_often_as_they_should(long items)
    {
        Zipfian zipfian = new(items);
        double zeta = Zipfian.Zeta(items, Zipfian.StandardTheta);

        Assert.Equal(1 / zeta, Share(zipfian, number => number == 0), 5);
        Assert.Equal(Math.Pow(2, -Zipfian.StandardTheta) / zeta, Share(zipfian, number => number == 1), 5);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(500)]
    public void The_first_numbers_together_follow_the_curve(long first)
    {
        double wanted = Zipfian.Zeta(first, Zipfian.StandardTheta)
            / Zipfian.Zeta(1000, Zipfian.StandardTheta);

        double share = Share(new Zipfian(1000), number => number < first);

        Assert.InRange(share, wanted - 0.02, wanted + 0.02);
    }

    [Fact]
    public void Every_number_is_one_of_the_items()
    {
        Zipfian zipfian = new(1000);

        Assert.Equal(0, zipfian.Next(0));
        Assert.Equal(999, zipfian.Next(Math.BitDecrement(1.0)));
        Assert.Equal(1, Share(zipfian, number => number is >= 0 and < 1000));
    }

    // Computed by a program of its own from the definition of FNV over eight bytes, lowest first.
    [Theory]
    [InlineData(0, 6284781860667377211)]
    [InlineData(1, 8517097267634966620)]
    [InlineData(2, 1820151046732198393)]
    [InlineData(1234567, 4406382118621181934)]
    public void Ranks_are_scrambled_as_YCSB_scrambles_them(long rank, long hash)
    {
        Assert.Equal(hash, Zipfian.Scramble(rank, long.MaxValue));
        Assert.Equal(hash % 1000, Zipfian.Scramble(rank, 1000));
    }

    [Fact]
    public void Popular_keys_lie_all_over_the_keys()
    {
        long[] popular = [.. Enumerable.Range(0, 100).Select(rank => Zipfian.Scramble(rank, 1_000_000))];

        Assert.Equal(10, popular.Select(key => key / 100_000).Distinct().Count());
    }

    private static double Share(Zipfian zipfian, Func<long, bool> which)
    {
        int count = 0;
        for (int i = 0; i < Draws; i++)
        {
            count += which(zipfian.Next((i + 0.5) / Draws)) ? 1 : 0;
        }

        return (double)count / Draws;
    }
}
