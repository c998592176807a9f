namespace LogEngine.Conformance.Cases;

/// <summary>What commits together over all stores.</summary>
internal static class TogetherCases
{
    private const string Store = "Together";

    [Case(Store, "one batch")]
    internal static async Task One_batch_spans_every_store_and_plain_keys(ConformanceSession s)
    {
        Work work = await Work.OpenAsync(s.Engine, await s.BlobsAsync());
        for (int step = 1; step <= 3; step++)
        {
            await s.Engine.CommitAsync(work.Batch(step));
            await s.StepAsync();
            work = await Work.OpenAsync(s.Engine, await s.BlobsAsync());
            Assert.Equal(step, await work.StepsDoneAsync());
        }
    }

    [Case(Store, "one batch")]
    internal static async Task A_batch_that_conflicts_in_one_store_writes_to_none(ConformanceSession s)
    {
        Work work = await Work.OpenAsync(s.Engine, await s.BlobsAsync());
        await s.Engine.CommitAsync(work.Batch(1));
        WriteBatch stale = work.Batch(2);
        s.Runs.Append(stale, "run", new RunRow(2, "a number of its own", "t"));
        await s.Runs.AppendNextAsync("run", new RunRow(0, "in the way", "t"));
        await Assert.ThrowsAsync<ConflictException>(
            async () => await s.Engine.CommitAsync(stale));
        await s.StepAsync();
        Assert.Equal(2, s.Runs.CountRows("run"));
        Assert.Equal(1, (await s.Documents.LoadAsync("state"))!.Value.GetInt32());
        Assert.Equal([1L], (await s.Checkpoints.ListAsync("work").ToListAsync())
            .Select(c => c.Sequence));
        Assert.Single(await (await s.BlobsAsync()).ListAsync().ToListAsync());
    }
}
