namespace LogEngine.Conformance.Cases;

internal static class RunCases
{
    private const string Store = "RunLog";

    [Case(Store, "append")]
    internal static async Task Append_adds_rows_and_the_store_numbers_them_on_request(
        ConformanceSession s)
    {
        await s.Runs.AppendAsync("r", new RunRow(7, "running", "t1", new byte[] { 1, 2 }));
        await s.StepAsync();
        Assert.Equal(8, await s.Runs.AppendNextAsync("r", Row(0)));
        Assert.Equal(1, await s.Runs.AppendNextAsync("fresh", Row(99)));
        await s.StepAsync();
        Assert.Equal(9, await s.Runs.AppendNextAsync("r", Row(0)));
        RunRow first = (await s.Runs.LoadAsync("r"))[0];
        Assert.Equal(
            (7L, "running", "t1", RunRowKind.State),
            (first.Sequence, first.State, first.TaskId, first.Kind));
        Assert.Equal(new byte[] { 1, 2 }, first.Data!.Value.ToArray());
    }

    [Case(Store, "append")]
    internal static async Task Append_of_a_batch_is_all_or_nothing(ConformanceSession s)
    {
        await s.Runs.AppendManyAsync("r", [Row(1), Row(2)]);
        await s.StepAsync();
        RunRowExistsException taken = await Assert.ThrowsAsync<RunRowExistsException>(
            async () => await s.Runs.AppendManyAsync("r", [Row(3), Row(2)]));
        Assert.Equal(("r", 2L), (taken.Run, taken.Sequence));
        await Assert.ThrowsAsync<RunRowExistsException>(
            async () => await s.Runs.AppendManyAsync("r", [Row(4), Row(4)]));
        await s.StepAsync();
        Assert.Equal([1L, 2], await SequencesAsync(s, "r"));
    }

    /// <summary>Each comes behind those before it, whichever object or form has added them.</summary>
    [Case(Store, "append")]
    internal static async Task Rows_of_one_batch_are_numbered_one_after_the_other(ConformanceSession s)
    {
        await s.Runs.AppendAsync("run", Row(4));
        RunLog other = s.Runs;
        WriteBatch batch = s.Engine.CreateBatch();
        PendingValue<long> first = s.Runs.AppendNext(batch, "run", Row(0));
        other.Append(batch, "run", Row(7));
        PendingValue<long> second = other.AppendNext(batch, "run", Row(0));
        PendingValue<long> elsewhere = s.Runs.AppendNext(batch, "another", Row(0));
        byte[] data = [1];
        PendingValue<long> third = s.Runs.AppendNext(batch, "run", Row(0) with { Data = data });
        data[0] = 2;
        Assert.False(first.IsKnown);
        Assert.Throws<InvalidOperationException>(() => first.Value);
        await s.Engine.CommitAsync(batch);
        Assert.Equal(
            (8L, 9L, 10L, 1L), (first.Value, second.Value, third.Value, elsewhere.Value));
        await s.StepAsync();
        Assert.Equal([4L, 7, 8, 9, 10], await SequencesAsync(s, "run"));
        Assert.Equal(
            [1], (await s.Runs.LoadLastAsync("run"))!.Data!.Value.ToArray());
    }

    [Case(Store, "duplicates")]
    internal static async Task Of_racing_duplicates_exactly_one_wins(ConformanceSession s)
    {
        int[] winners = new int[8];
        RunLog one = s.Runs;
        RunLog other = s.Runs;
        await s.AtOnceAsync(64, async task =>
        {
            for (int sequence = 0; sequence < winners.Length; sequence++)
            {
                RunRow row = new(sequence, $"{task}", "t");
                if ((await (task % 2 == 0 ? one : other).TryAppendAsync("r", row)).Applied)
                {
                    Assert.Equal(0, Interlocked.Exchange(ref winners[sequence], task + 1));
                }
            }
        });
        await s.StepAsync();
        IReadOnlyList<RunRow> rows = await s.Runs.LoadAsync("r");
        Assert.Equal(winners.Select(w => $"{w - 1}"), rows.Select(r => r.State));
    }

    [Case(Store, "kinds")]
    internal static async Task Kinds_are_three_and_open_for_more(ConformanceSession s)
    {
        RunRow[] rows =
        [
            new(1, "entered", "t"),
            new(2, "undone", "t", "output"u8.ToArray(), RunRowKind.Compensation),
            new(3, "step", "t", "cursor"u8.ToArray(), RunRowKind.Cursor),
            new(4, "", "", Array.Empty<byte>(), (RunRowKind)300),
        ];
        await s.Runs.AppendManyAsync("r", rows);
        await s.StepAsync();
        IReadOnlyList<RunRow> found = await s.Runs.LoadAsync("r");
        Assert.Equal(rows.Select(r => r.Kind), found.Select(r => r.Kind));
        Assert.Equal(rows.Select(r => r.State), found.Select(r => r.State));
        Assert.Equal(
            rows.Select(r => r.Data?.ToArray()), found.Select(r => r.Data?.ToArray()));
        Assert.Null(found[0].Data);
        Assert.NotNull(found[3].Data);
    }

    [Case(Store, "load")]
    internal static async Task Load_is_ascending_streamed_from_a_sequence_or_the_last(
        ConformanceSession s)
    {
        Assert.Empty(await s.Runs.LoadAsync("r"));
        Assert.Null(await s.Runs.LoadLastAsync("r"));
        foreach (long sequence in (long[])[500, 2, 300, 0, long.MaxValue])
        {
            await s.Runs.AppendAsync("r", Row(sequence));
            await s.StepAsync();
        }

        Assert.Equal([0, 2, 300, 500, long.MaxValue], await SequencesAsync(s, "r"));
        Assert.Equal(
            [300, 500, long.MaxValue],
            (await s.Runs.LoadAsync("r", 3)).Select(r => r.Sequence));
        Assert.Equal(long.MaxValue, (await s.Runs.LoadLastAsync("r"))!.Sequence);
        await foreach (RunRow row in s.Runs.ReadAsync("r"))
        {
            Assert.Equal(0, row.Sequence);
            break;
        }

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await s.Runs.AppendNextAsync("r", Row(0)));
        Assert.Equal(5, s.Runs.CountRows("r"));
    }

    [Case(Store, "isolation")]
    internal static async Task Run_ids_never_collide_nor_mix(ConformanceSession s)
    {
        string[] runs = ["run", "run-1", "run-1\0", "ru", "run\0\0", "r", "run-10", "\0", "\u0001"];
        for (int i = 0; i < runs.Length; i++)
        {
            await s.Runs.AppendManyAsync(runs[i], [Row(1), Row(256 + i)]);
        }

        await s.StepAsync();
        for (int i = 0; i < runs.Length; i++)
        {
            Assert.Equal([1L, 256 + i], await SequencesAsync(s, runs[i]));
        }

        Assert.Equal(
            runs.Order(StringComparer.Ordinal), await s.Runs.ListRunsAsync().ToListAsync());
        RunLog other = await s.Engine.OpenRunsAsync("other");
        Assert.Empty(await other.LoadAsync("run"));
        Assert.True(await s.Runs.ClearAsync("run"));
        Assert.Equal([1L, 257], await SequencesAsync(s, "run-1"));
    }

    [Case(Store, "sharing")]
    internal static async Task One_object_serves_many_interleaved_runs(ConformanceSession s)
    {
        RunLog log = s.Runs;
        await s.AtOnceAsync(64, async task =>
        {
            for (int i = 0; i < 10; i++)
            {
                for (int run = 0; run < 3; run++)
                {
                    await log.AppendNextAsync(
                        $"{task}-{run}", Row(0), Durability.ProcessCrash);
                }
            }

            await log.AppendNextAsync("shared", Row(0));
        });
        await s.Engine.FlushAsync();
        await s.StepAsync();
        Assert.Equal(193, (await s.Runs.ListRunsAsync().ToListAsync()).Count);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), await SequencesAsync(s, "63-2"));
        Assert.Equal(
            Enumerable.Range(1, 64).Select(i => (long)i), await SequencesAsync(s, "shared"));
    }

    private static RunRow Row(long sequence) => new(sequence, "state", "task");

    private static async Task<IEnumerable<long>> SequencesAsync(ConformanceSession s, string run) =>
        (await s.Runs.LoadAsync(run)).Select(row => row.Sequence);
}
