using LogEngine.Stores;

namespace LogEngine.OrleansTests;

/// <summary>The contract of <see cref="IReminderTable"/>, on every engine.</summary>
[Collection(BackendTests.Name)]
public sealed class ReminderTableTests(Backends backends)
{
    private static readonly DateTime _start = new(2026, 11, 30, 18, 0, 0, DateTimeKind.Utc);

    public static TheoryData<string> Engines => ["memory", "files", "postgresql"];

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task A_reminder_is_read_as_it_was_registered(string engine)
    {
        await using Providers of = await OpenAsync(engine);
        IReminderTable table = of.Reminders;
        ReminderEntry entry = Entry("ada", "tea", _start.AddTicks(1234567), TimeSpan.FromTicks(987654321));

        string etag = await UpsertAsync(table, entry);

        ReminderEntry read = await RowAsync(table, entry.GrainId, "tea");
        Assert.Equal(
            (entry.GrainId, "tea", entry.StartAt, entry.Period, etag),
            (read.GrainId, read.ReminderName, read.StartAt, read.Period, read.ETag));
        Assert.Equal(DateTimeKind.Utc, read.StartAt.Kind);
        Assert.False(string.IsNullOrEmpty(etag));

        // Of no kind is UTC; local time is made UTC.
        await UpsertAsync(table, Entry("ada", "tea", DateTime.SpecifyKind(_start, DateTimeKind.Unspecified)));
        Assert.Equal(_start, (await RowAsync(table, entry.GrainId, "tea")).StartAt);
        await UpsertAsync(table, Entry("ada", "tea", _start.ToLocalTime()));
        Assert.Equal(_start, (await RowAsync(table, entry.GrainId, "tea")).StartAt);
        Assert.Single((await table.ReadRows(entry.GrainId)).Reminders);
    }

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task What_is_not_there_is_null_or_empty(string engine)
    {
        await using Providers of = await OpenAsync(engine);
        await UpsertAsync(of.Reminders, Entry("ada", "tea"));
        Assert.Null(await RowAsync(of.Reminders, Grain("ada"), "coffee"));
        Assert.Null(await RowAsync(of.Reminders, Grain("bob"), "tea"));
        Assert.Empty((await of.Reminders.ReadRows(Grain("bob"))).Reminders);
    }

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task Reminders_of_a_grain_are_its_own(string engine)
    {
        await using Providers of = await OpenAsync(engine);
        foreach (string grain in new[] { "ada", "bob", "ad" })
        {
            foreach (string name in new[] { "tea", "coffee", "" })
            {
                await UpsertAsync(of.Reminders, Entry(grain, name));
            }
        }

        IList<ReminderEntry> found = (await of.Reminders.ReadRows(Grain("ada"))).Reminders;
        Assert.Equal(["", "coffee", "tea"], found.Select(entry => entry.ReminderName).Order(StringComparer.Ordinal));
        Assert.All(found, entry => Assert.Equal(Grain("ada"), entry.GrainId));
    }

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task A_reminder_is_removed_with_its_present_etag_only(string engine)
    {
        await using Providers of = await OpenAsync(engine);
        IReminderTable table = of.Reminders;
        string old = await UpsertAsync(table, Entry("ada", "tea"));
        string etag = await UpsertAsync(table, Entry("ada", "tea", _start.AddHours(1)));
        Assert.NotEqual(old, etag);
        foreach (string wrong in new[] { old, "", null!, "*", "what", "-1", $"0{etag}" })
        {
            Assert.False(await table.RemoveRow(Grain("ada"), "tea", wrong), wrong);
        }

        Assert.False(await table.RemoveRow(Grain("ada"), "coffee", etag));
        Assert.False(await table.RemoveRow(Grain("bob"), "tea", etag));
        Assert.Equal(_start.AddHours(1), (await RowAsync(table, Grain("ada"), "tea")).StartAt);
        Assert.True(await table.RemoveRow(Grain("ada"), "tea", etag));
        Assert.False(await table.RemoveRow(Grain("ada"), "tea", etag));
        Assert.Null(await RowAsync(table, Grain("ada"), "tea"));
        Assert.Empty((await table.ReadRows(0, 0)).Reminders);
    }

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task Ranges_are_those_of_a_ring_without_their_beginning_and_with_their_end(string engine)
    {
        await using Providers of = await OpenAsync(engine);
        IReminderTable table = of.Reminders;
        GrainId[] grains = [.. Enumerable.Range(0, 30).Select(number => Grain($"{number}"))];
        await Parallel.ForEachAsync(grains, async (grain, _) =>
            await UpsertAsync(table, new ReminderEntry
            {
                GrainId = grain,
                ReminderName = "tea",
                StartAt = _start,
                Period = TimeSpan.FromMinutes(1),
            }));
        uint[] hashes = [.. grains.Select(grain => grain.GetUniformHashCode()).Order()];
        List<(uint Begin, uint End)> ranges =
        [
            (0, 0), (0, uint.MaxValue), (uint.MaxValue, 0), (uint.MaxValue, uint.MaxValue),
            (hashes[0] - 1, hashes[0]), (hashes[0], hashes[^1]), (hashes[^1], hashes[0]), (hashes[^1], hashes[0] - 1),
            (hashes[7], hashes[7]), (hashes[7] - 1, hashes[7] + 1), (hashes[7], hashes[7] + 1), (hashes[8], hashes[7]),
        ];
        Random random = new(20261130);
        for (int draw = 0; draw < 20; draw++)
        {
            ranges.Add(((uint)random.NextInt64(1L << 32), hashes[random.Next(hashes.Length)]));
        }

        foreach ((uint begin, uint end) in ranges)
        {
            bool IsIn(uint hash) => begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;
            Assert.Equal(
                hashes.Where(IsIn),
                (await table.ReadRows(begin, end)).Reminders
                    .Select(entry => entry.GrainId.GetUniformHashCode()).Order());
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task Names_and_grains_of_any_bytes_and_length_are_different_reminders(string engine)
    {
        await using Providers of = await OpenAsync(engine);
        IReminderTable table = of.Reminders;
        GrainId[] grains =
        [
            Grain("a"), Grain("a/b"), GrainId.Create("reminded/a", "b"), Grain(new string('x', 5000)),
            Grain(new string('x', 4999) + "y"),
            GrainId.Create(new GrainType([0xFF]), new IdSpan([0xFE, 0x00])),
        ];
        string[] names =
        [
            "a", "A", "a\0", "a:b", "a/b", "a,b", "\"a\"", "%2F", "é😀", " ", "",
            new string('n', 3000), new string('n', 3001),
        ];
        Dictionary<(GrainId, string), string> etags = [];
        foreach (GrainId grain in grains)
        {
            foreach (string name in names)
            {
                etags.Add((grain, name), await UpsertAsync(table, new ReminderEntry
                {
                    GrainId = grain,
                    ReminderName = name,
                    StartAt = _start,
                    Period = TimeSpan.FromMinutes(1),
                }));
            }
        }

        foreach (GrainId grain in grains)
        {
            Assert.Equal(
                names.Order(StringComparer.Ordinal),
                (await table.ReadRows(grain)).Reminders
                    .Select(entry => entry.ReminderName).Order(StringComparer.Ordinal));
            foreach (string name in names)
            {
                ReminderEntry read = await RowAsync(table, grain, name);
                Assert.Equal((grain, name, etags[(grain, name)]), (read.GrainId, read.ReminderName, read.ETag));
            }
        }

        Assert.Equal(etags.Count, (await table.ReadRows(0, 0)).Reminders.Count);
        Assert.True(await table.RemoveRow(grains[3], names[^1], etags[(grains[3], names[^1])]));
        Assert.Equal(etags.Count - 1, (await table.ReadRows(0, 0)).Reminders.Count);
        await Assert.ThrowsAsync<ArgumentException>(() => table.UpsertRow(Entry("ada", "a\uD800")));
    }

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task Registrations_at_once_have_etags_of_their_own_and_one_removal_wins(string engine)
    {
        await using Providers of = await OpenAsync(engine);
        IReminderTable table = of.Reminders;
        string[] etags = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(_ => Task.Run(() => UpsertAsync(table, Entry("ada", "tea")))));
        Assert.Equal(etags.Length, etags.Distinct().Count());
        string present = (await RowAsync(table, Grain("ada"), "tea")).ETag!;
        Assert.Contains(present, etags);
        bool[] removed = await Task.WhenAll(
            etags.Concat(etags).Select(etag => Task.Run(() => table.RemoveRow(Grain("ada"), "tea", etag))));
        Assert.Single(removed, success => success);
    }

    [SkippableTheory]
    [MemberData(nameof(Engines))]
    public async Task Clearing_the_table_is_for_one_service(string engine)
    {
        await using Providers of = await OpenAsync(engine);
        await using Providers other = await OpenAsync(engine);
        await UpsertAsync(of.Reminders, Entry("ada", "tea"));
        await UpsertAsync(other.Reminders, Entry("ada", "tea"));

        await of.Reminders.TestOnlyClearTable();

        Assert.Null(await RowAsync(of.Reminders, Grain("ada"), "tea"));
        Assert.Single((await other.Reminders.ReadRows(0, 0)).Reminders);
    }

    [Fact]
    public async Task A_table_starts_as_often_as_one_likes_and_not_where_it_is_cancelled()
    {
        await using Providers of = await OpenAsync("memory");
        await UpsertAsync(of.Reminders, Entry("ada", "tea"));
        await of.Reminders.StartAsync(CancellationToken.None);
        await of.Reminders.StopAsync(CancellationToken.None);
        await of.Reminders.StartAsync(CancellationToken.None);
        Assert.NotNull(await RowAsync(of.Reminders, Grain("ada"), "tea"));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => of.Reminders.StartAsync(new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_row_that_is_no_reminder_is_reported_and_not_passed_over()
    {
        string service = Guid.NewGuid().ToString("N");
        await using Providers of = await Providers.OpenAsync(backends.Of("memory"), service: service);
        await UpsertAsync(of.Reminders, Entry("ada", "tea"));
        Keyspace rows = backends.Of("memory").GetStoreKeyspace($"logengine/orleans/reminders/{service}");
        ReadOnlyMemory<byte> key = (await rows.GetFirstAsync())!.Key;
        foreach (string row in new[] { "", "what", "null", "{}", """{"GrainType":"!"}""" })
        {
            await rows.PutAsync(key, System.Text.Encoding.UTF8.GetBytes(row));
            await Assert.ThrowsAsync<UndecodableValueException>(() => of.Reminders.ReadRows(0, 0));
            await Assert.ThrowsAsync<UndecodableValueException>(() => of.Reminders.ReadRow(Grain("ada"), "tea"));
        }
    }

    /// <summary>Null where there is none, which a test says by asking so.</summary>
    private static async Task<ReminderEntry> RowAsync(IReminderTable table, GrainId grain, string name) =>
        (await table.ReadRow(grain, name))!;

    private static async Task<string> UpsertAsync(IReminderTable table, ReminderEntry entry) =>
        (await table.UpsertRow(entry))!;

    private Task<Providers> OpenAsync(string engine) => Providers.OpenAsync(backends.Of(engine));

    private static GrainId Grain(string key) => GrainId.Create("reminded", key);

    private static ReminderEntry Entry(
        string grain, string name, DateTime? start = null, TimeSpan? period = null) => new()
        {
            GrainId = Grain(grain),
            ReminderName = name,
            StartAt = start ?? _start,
            Period = period ?? TimeSpan.FromMinutes(1),
        };
}
