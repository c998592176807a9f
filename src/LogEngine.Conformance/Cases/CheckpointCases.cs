namespace LogEngine.Conformance.Cases;

internal static class CheckpointCases
{
    private const string Store = "CheckpointStore";

    [Case(Store, "save")]
    internal static async Task Save_assigns_the_next_sequence_itself(ConformanceSession s)
    {
        Assert.Equal(1, await s.Checkpoints.SaveAsync("a", Work(77)));
        await s.StepAsync();
        Assert.Equal(2, await s.Checkpoints.SaveAsync("a", Work(77)));
        Assert.Equal(1, await s.Checkpoints.SaveAsync("b", Work(0)));
        await s.StepAsync();
        CheckpointLoad<WorkCheckpoint> load = await s.Checkpoints.LoadLatestWorkAsync("a");
        Assert.Equal((2L, 2L), (load.Latest!.Sequence, load.Latest.Payload.Sequence));
    }

    [Case(Store, "save")]
    internal static async Task Checkpoints_of_one_batch_are_numbered_one_after_the_other(ConformanceSession s)
    {
        await s.Checkpoints.SaveAsync("a", new byte[] { 1 });
        await s.Checkpoints.SaveAsync("a", new byte[] { 2 });
        WriteBatch two = s.Engine.CreateBatch();
        PendingValue<long> first = s.Checkpoints.Save(two, "a", [3]);
        PendingValue<long> other = s.Checkpoints.Save(two, "b", [1]);
        PendingValue<long> second = s.Checkpoints.Save(two, "a", [4]);
        await s.Engine.CommitAsync(two);
        Assert.Equal((3L, 4L, 1L), (first.Value, second.Value, other.Value));
        await s.StepAsync();
        Assert.Equal([2L, 3, 4], await SequencesAsync(s, "a"));

        // More than are kept: the batch pushes out its own.
        WriteBatch many = s.Engine.CreateBatch();
        for (byte i = 5; i <= 9; i++)
        {
            s.Checkpoints.Save(many, "a", [i]);
            s.Checkpoints.Save(many, "new", [i]);
        }

        await s.Engine.CommitAsync(many);
        await s.StepAsync();
        Assert.Equal([7L, 8, 9], await SequencesAsync(s, "a"));
        Assert.Equal([3L, 4, 5], await SequencesAsync(s, "new"));
        Assert.Equal([9], (await s.Checkpoints.RestoreAsync("a")).Payload.ToArray());
        Assert.Equal(10, await s.Checkpoints.SaveAsync("a", new byte[] { 10 }));
    }

    [Case(Store, "rotation")]
    internal static async Task Rotation_keeps_the_newest_of_each_name(ConformanceSession s)
    {
        for (int i = 1; i <= 7; i++)
        {
            Assert.Equal(i, await s.Checkpoints.SaveAsync("a", new byte[] { (byte)i }));
            await s.Checkpoints.SaveAsync("b", new byte[] { (byte)i }, keep: 2);
            await s.StepAsync();
            Assert.Equal(
                Enumerable.Range(Math.Max(1, i - 2), Math.Min(3, i)).Select(n => (long)n),
                await SequencesAsync(s, "a"));
        }

        Assert.Equal([6L, 7], await SequencesAsync(s, "b"));
        CheckpointStore one = await s.Engine.OpenCheckpointsAsync(
            "one", new CheckpointStoreOptions { Keep = 0 });
        await one.SaveAsync("a", new byte[] { 1 });
        await one.SaveAsync("a", new byte[] { 2 });
        Assert.Equal(1, one.CountOf("a"));
        Assert.Equal(3, s.Checkpoints.CountOf("a"));
        await KeepsManyAsync(s);
    }

    /// <summary>As many as one likes; and where fewer are kept from now on, the others go at once.</summary>
    private static async Task KeepsManyAsync(ConformanceSession s)
    {
        CheckpointStore many = await s.Engine.OpenCheckpointsAsync(
            "many", new CheckpointStoreOptions { Keep = 70 });
        for (int i = 0; i < 73; i++)
        {
            await many.SaveAsync("a", new byte[] { 1 });
        }

        Assert.Equal(70, many.CountOf("a"));
        await many.SaveAsync("a", new byte[] { 1 }, keep: 200);
        Assert.Equal(71, many.CountOf("a"));
        await many.SaveAsync("a", new byte[] { 1 }, keep: 2);
        Assert.Equal(2, many.CountOf("a"));
    }

    [Case(Store, "rotation")]
    internal static async Task Saves_and_rotation_that_race_keep_the_newest(ConformanceSession s)
    {
        CheckpointStore store = s.Checkpoints;
        CheckpointStore other = s.Checkpoints;
        HashSet<long> given = [];
        await s.AtOnceAsync(64, async task =>
        {
            for (int i = 0; i < 3; i++)
            {
                long sequence = await (task % 2 == 0 ? store : other)
                    .SaveAsync("a", new byte[] { (byte)task });
                lock (given)
                {
                    Assert.True(given.Add(sequence), "a number was given twice");
                }

                Assert.NotNull((await store.LoadLatestAsync("a")).Latest);
            }
        });
        await s.Engine.FlushAsync();
        await s.StepAsync();
        Assert.Equal(192, given.Count);
        Assert.Equal(
            given.Order().TakeLast(3), await SequencesAsync(s, "a"));
    }

    [Case(Store, "listing")]
    internal static async Task Listing_is_ascending_with_count_and_clear(ConformanceSession s)
    {
        for (int i = 0; i < 4; i++)
        {
            await s.Checkpoints.SaveAsync("a", new byte[] { 1 });
            await s.Checkpoints.SaveAsync("a\0", new byte[] { 1 });
        }

        await s.StepAsync();
        Assert.Equal([2L, 3, 4], await SequencesAsync(s, "a"));
        Assert.Equal(3, s.Checkpoints.CountOf("a"));
        await s.Checkpoints.ClearAsync("a");
        await s.StepAsync();
        Assert.Empty(await SequencesAsync(s, "a"));
        Assert.Equal(0, s.Checkpoints.CountOf("a"));
        Assert.Equal(["a\0"], await s.Checkpoints.ListNamesAsync().ToListAsync());
        Assert.Null((await s.Checkpoints.LoadLatestAsync("a")).Latest);
    }

    [Case(Store, "content")]
    internal static async Task Content_is_work_ready_made_or_any_payload(ConformanceSession s)
    {
        WorkCheckpoint work = Work(0);
        await s.Checkpoints.SaveAsync("work", work);
        await s.Checkpoints.SaveAsync("typed", new Order("ann", 1, 2.5m), TestJson.Default.Order);
        await s.Checkpoints.SaveAsync("raw", Listing.Bytes(1, 3000));
        await s.StepAsync();
        WorkCheckpoint found = (await s.Checkpoints.LoadLatestWorkAsync("work")).Latest!.Payload;
        Assert.Equal(work.Timestamp, found.Timestamp);
        Assert.Equal(work.Queued, found.Queued);
        Assert.Equal(work.InProgress, found.InProgress);
        Assert.Equal(work.Workers.OrderBy(w => w.Key), found.Workers.OrderBy(w => w.Key));
        Assert.Equal(work.Metadata.OrderBy(m => m.Key), found.Metadata.OrderBy(m => m.Key));
        Assert.Equal(
            new Order("ann", 1, 2.5m),
            (await s.Checkpoints.RestoreAsync("typed", TestJson.Default.Order)).Payload);
        Assert.Equal(
            Listing.Bytes(1, 3000), (await s.Checkpoints.RestoreAsync("raw")).Payload.ToArray());

        // What is sound and of another type is passed over like damage.
        CheckpointLoad<Order> other = await s.Checkpoints.LoadLatestAsync(
            "raw", TestJson.Default.Order);
        Assert.Null(other.Latest);
        Assert.IsType<UndecodableValueException>(other.Skipped.Single().Error);
    }

    private static WorkCheckpoint Work(long sequence) => new()
    {
        Sequence = sequence,
        Timestamp = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(2)),
        Queued = ["third", "first", "second"],
        InProgress = ["running"],
        Workers = new Dictionary<string, string> { ["w1"] = "running", ["w0"] = "idle" },
        Metadata = new Dictionary<string, string> { ["host"] = "h", ["a\"b"] = "" },
    };

    private static async Task<IEnumerable<long>> SequencesAsync(ConformanceSession s, string name) =>
        (await s.Checkpoints.ListAsync(name).ToListAsync()).Select(entry => entry.Sequence);
}
