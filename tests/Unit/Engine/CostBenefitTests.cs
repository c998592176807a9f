namespace LogEngine.Unit.Engine;

/// <summary>
/// The choice of segments, on a model of a log: what it rewrites, and what space it leaves.
/// </summary>
public sealed class CostBenefitTests
{
    private static double Threshold => StorageEngineOptions.DefaultCompactionThreshold;

    /// <summary>
    /// A queue that is filled and drained had the segment rewritten that was just being drained, since
    /// it was the deadest and hardly any other was left: what it held died within seconds.
    /// </summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(5)]
    public void A_queue_is_not_rewritten(double segmentsWaiting) =>
        Assert.Equal(0, Queue(segmentsWaiting).Rewritten);

    /// <summary>
    /// Half of its segments are acknowledgements: some of what waits for long is rewritten, for space.
    /// </summary>
    [Fact]
    public void A_long_queue_is_rewritten_a_little_and_its_space_bounded()
    {
        ModelStore store = Queue(40);
        Assert.InRange(store.Rewritten, 1, store.Written / 3);
        Assert.InRange(store.SealedRecords, 0, store.Live / (1 - Threshold) * 1.1);
    }

    private static ModelStore Queue(double segmentsWaiting)
    {
        ModelStore store = new(Threshold);
        int waiting = (int)(segmentsWaiting * ModelStore.RecordsPerSegment);
        for (int i = 0; i < 120 * ModelStore.RecordsPerSegment; i++)
        {
            store.Put(i);
            if (i >= waiting)
            {
                // An acknowledgement is a record too, and about as large.
                store.Delete(i - waiting);
            }
        }

        return store;
    }

    [Fact]
    public void A_queue_that_is_filled_and_drained_is_not_rewritten()
    {
        ModelStore store = new(Threshold);
        const int Messages = 7 * ModelStore.RecordsPerSegment;
        for (int round = 0; round < 10; round++)
        {
            for (int i = 0; i < Messages; i++)
            {
                store.Put(i);
            }

            for (int i = 0; i < Messages; i++)
            {
                store.Delete(i);
            }
        }

        Assert.Equal(0, store.Rewritten);
    }

    /// <summary>One message in a hundred stays: the segments of the others must not wait for it.</summary>
    [Fact]
    public void What_keeps_dead_segments_alive_is_moved()
    {
        ModelStore store = new(Threshold);
        int put = 0;
        for (; put < 120 * ModelStore.RecordsPerSegment; put++)
        {
            store.Put(put);
            if (put >= 300 && put % 100 != 0)
            {
                store.Delete(put - 300);
            }
        }

        Assert.InRange(store.Rewritten, 1, store.Written / 6);
        Assert.InRange(
            store.SealedRecords, 0, 2 * (store.Live + (3 * ModelStore.RecordsPerSegment)));
    }

    [Fact]
    public void Random_updates_stay_within_the_space_that_is_allowed()
    {
        ModelStore store = new(Threshold);
        Random random = new(1);
        const int Keys = 40 * ModelStore.RecordsPerSegment;
        for (int i = 0; i < Keys; i++)
        {
            store.Put(i);
        }

        const int Updates = 4 * Keys;
        for (int i = 0; i < Updates; i++)
        {
            store.Put(random.Next(Keys));
        }

        Assert.InRange(store.MostSealed, Keys, (Keys / (1 - Threshold)) * 1.05);
        Assert.InRange(store.Rewritten, Updates, 3.2 * Updates);
    }

    /// <summary>Nine updates of ten go to one key of ten.</summary>
    [Fact]
    public void Hot_and_cold_keys_cost_less_than_if_the_deadest_were_always_rewritten()
    {
        double chosen = HotAndCold(greedy: false, out double space);
        double greedy = HotAndCold(greedy: true, out _);
        Assert.True(chosen < 0.9 * greedy, $"{chosen:N2} against {greedy:N2}");
        Assert.InRange(space, 1, 1 / (1 - Threshold) * 1.1);
    }

    private static double HotAndCold(bool greedy, out double space)
    {
        ModelStore store = new(Threshold) { Greedy = greedy };
        Random random = new(2);
        const int Keys = 40 * ModelStore.RecordsPerSegment;
        for (int i = 0; i < Keys; i++)
        {
            store.Put(i);
        }

        const int Updates = 6 * Keys;
        for (int i = 0; i < Updates; i++)
        {
            store.Put(random.Next(10) != 0
                ? random.Next(Keys / 10)
                : (Keys / 10) + random.Next(Keys * 9 / 10));
        }

        space = (double)store.MostSealed / Keys;
        return (double)store.Rewritten / Updates;
    }
}
