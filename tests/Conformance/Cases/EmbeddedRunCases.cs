using LogEngine.Conformance.Backends;

namespace LogEngine.Conformance.Cases;

/// <summary>Runs, beyond the contract of an engine: damage, compaction, records of the log.</summary>
internal static class EmbeddedRunCases
{
    private const string Store = "RunLog";

    [Case(Store, "duplicates")]
    internal static async Task A_duplicate_is_refused_and_the_old_row_untouched(StoreSession s)
    {
        await s.Runs.AppendAsync("r", new RunRow(1, "old", "t"));
        await s.StepAsync();
        RunRowExistsException taken = await Assert.ThrowsAsync<RunRowExistsException>(
            async () => await s.Runs.AppendAsync("r", new RunRow(1, "new", "t")));
        Assert.Equal(("r", 1L), (taken.Run, taken.Sequence));
        Assert.False((await s.Runs.TryAppendAsync("r", new RunRow(1, "new", "t"))).Applied);
        await s.StepAsync();
        Assert.Equal("old", (await s.Runs.LoadLastAsync("r"))!.State);

        // Also once compaction has moved the row.
        for (int i = 0; i < 100; i++)
        {
            await s.Engine.GetKeyspace("litter").PutAsync(
                new byte[] { 1 }, Listing.Bytes(i, 900), Durability.ProcessCrash);
        }

        await s.StepAsync();
        await s.Embedded.CompactAsync();
        Assert.False((await s.Runs.TryAppendAsync("r", new RunRow(1, "new", "t"))).Applied);
        await s.StepAsync();
        Assert.False((await s.Runs.TryAppendAsync("r", new RunRow(1, "new", "t"))).Applied);
        Assert.Equal("old", (await s.Runs.LoadLastAsync("r"))!.State);
    }

    [Case(Store, "load")]
    internal static async Task A_damaged_row_is_reported_and_the_others_stay(StoreSession s)
    {
        await s.Runs.AppendAsync("r", new RunRow(1, "sound", "t"));
        await s.Runs.AppendAsync("r", new RunRow(2, "to be damaged", "t"));
        await s.DamageAsync("to be damaged"u8.ToArray());
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await s.Runs.LoadAsync("r"));
        Assert.False((await s.Runs.TryAppendAsync("r", Row(2))).Applied);
        await s.StepAsync();
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await s.Runs.LoadLastAsync("r"));
        Assert.Equal(3, await s.Runs.AppendNextAsync("r", Row(0)));
    }

    [Case(Store, "clear")]
    internal static async Task Clear_removes_a_run_by_one_record_and_no_other(StoreSession s)
    {
        for (int i = 0; i < 10; i++)
        {
            await s.Runs.AppendManyAsync(
                "run", [.. Enumerable.Range(i * 50, 50).Select(n => Row(n))]);
        }

        await s.Runs.AppendAsync("run\0", Row(1));
        await s.Runs.AppendAsync("ru", Row(1));
        await s.StepAsync();
        Assert.False(await s.Runs.ClearAsync("unknown"));
        long before = s.Embedded.Statistics.Log.RecordsAppended;
        Assert.True(await s.Runs.ClearAsync("run"));
        Assert.Equal(before + 1, s.Embedded.Statistics.Log.RecordsAppended);
        await s.StepAsync();
        Assert.Empty(await s.Runs.LoadAsync("run"));
        Assert.False(await s.Runs.ClearAsync("run"));
        Assert.Equal(["ru", "run\0"], await s.Runs.ListRunsAsync().ToListAsync());
        Assert.Equal(1, await s.Runs.AppendNextAsync("run", Row(0)));
    }

    private static RunRow Row(long sequence) => new(sequence, "state", "task");
}
