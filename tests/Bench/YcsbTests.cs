using LogEngine.Compare.Measuring;
using LogEngine.Compare.Ycsb;

namespace LogEngine.Bench;

public class YcsbTests
{
    public static TheoryData<string> Names => [.. YcsbMix.All.Select(mix => mix.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Operations_come_in_the_shares_of_the_workload(string name)
    {
        YcsbMix mix = YcsbMix.All.Single(m => m.Name == name);
        const int Draws = 10_000;
        Dictionary<YcsbOperation, double> seen = Enumerable.Range(0, Draws)
            .GroupBy(i => mix.Pick((i + 0.5) / Draws))
            .ToDictionary(group => group.Key, group => (double)group.Count() / Draws);
        Dictionary<YcsbOperation, double> wanted = new()
        {
            [YcsbOperation.Read] = mix.Reads,
            [YcsbOperation.Update] = mix.Updates,
            [YcsbOperation.Insert] = mix.Inserts,
            [YcsbOperation.Scan] = mix.Scans,
            [YcsbOperation.ReadModifyWrite] = mix.ReadModifyWrites,
        };

        Assert.Equal(1, wanted.Values.Sum(), 9);
        Assert.All(wanted, share => Assert.Equal(share.Value, seen.GetValueOrDefault(share.Key), 3));
    }

    [Fact]
    public void A_key_is_acknowledged_when_those_below_it_are()
    {
        InsertedKeys keys = new(workers: 2, loaded: 10);

        Assert.Equal(10, keys.Take(0));
        Assert.Equal(11, keys.Take(1));
        keys.Done(1);

        Assert.Equal(10, keys.Acknowledged);
        keys.Done(0);
        Assert.Equal(12, keys.Acknowledged);
    }

    [Fact]
    public async Task What_is_acknowledged_was_inserted_whoever_inserts_beside()
    {
        const int Each = 100_000;
        InsertedKeys keys = new(workers: 2, loaded: 0);
        bool[] there = new bool[2 * Each];
        Task[] workers = [.. Enumerable.Range(0, 2).Select(worker => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                long key = keys.Take(worker);
                Volatile.Write(ref there[key], true);
                keys.Done(worker);
            }
        }))];
        Task all = Task.WhenAll(workers);
        while (!all.IsCompleted)
        {
            long acknowledged = keys.Acknowledged;
            Assert.True(acknowledged == 0 || Volatile.Read(ref there[acknowledged - 1]));
        }

        await all;
        Assert.Equal(2 * Each, keys.Acknowledged);
    }

    [Fact]
    public void Workload_D_reads_what_was_inserted_last_most()
    {
        YcsbMix mix = YcsbMix.All.Single(m => m.Name == "d");
        InsertedKeys inserted = new(workers: 1, loaded: 1000);
        YcsbKeys keys = new(1000, inserted, new Zipfian(1000));
        Assert.Equal(999, keys.Choose(mix, 0));

        long key = inserted.Take(0);

        Assert.Equal(999, keys.Choose(mix, 0));
        inserted.Done(0);
        Assert.Equal(key, keys.Choose(mix, 0));
    }
}
