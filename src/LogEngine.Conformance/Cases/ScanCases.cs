using System.Text;

namespace LogEngine.Conformance.Cases;

/// <summary>Scans of a part of a range.</summary>
internal static class ScanCases
{
    private const string Store = "Keyspace";

    /// <summary>Counted from the end that it begins at, and over what has expired.</summary>
    [Case(Store, "scans")]
    internal static async Task A_scan_ends_at_its_limit(ConformanceSession s)
    {
        const int Keys = 90;
        Keyspace keyspace = s.Engine.GetKeyspace("limited");
        DateTimeOffset soon = s.Time.GetUtcNow() + TimeSpan.FromMinutes(1);
        WriteBatch batch = s.Engine.CreateBatch();
        for (int i = 0; i < Keys; i++)
        {
            batch.Put(
                keyspace, Encoding.UTF8.GetBytes($"k{i:D2}"), Payloads.Of(50, i), i % 5 == 3 ? soon : null);
        }

        batch.Put(keyspace, "j"u8, [1]);
        batch.Put(keyspace, "l"u8, [1]);
        await s.Engine.CommitAsync(batch);
        s.Advance(TimeSpan.FromMinutes(2));
        await s.StepAsync();
        keyspace = s.Engine.GetKeyspace("limited");
        List<string> all = [.. Enumerable.Range(0, Keys).Where(i => i % 5 != 3).Select(i => $"k{i:D2}")];
        foreach (int limit in new[] { 0, 1, 2, 7, 64, all.Count, all.Count + 1, int.MaxValue })
        {
            foreach (bool reverse in new[] { false, true })
            {
                ScanRange range = ScanRange.Prefix("k", reverse) with { Limit = limit };
                IEnumerable<string> expected = reverse ? Enumerable.Reverse(all) : all;
                expected = expected.Take(limit == 0 ? int.MaxValue : limit);
                List<KeyValueEntry> found = await keyspace.Scan(range).ReadAllAsync().ToListAsync();
                Assert.Equal(expected, found.Select(entry => entry.KeyText));
                Assert.All(found, entry => Assert.Equal(50, entry.Value.Length));
                List<KeyValueEntry> keys = await keyspace.Scan(range with { KeysOnly = true })
                    .ReadAllAsync().ToListAsync();
                Assert.Equal(expected, keys.Select(entry => entry.KeyText));
                Assert.Equal(
                    expected.FirstOrDefault(), (await keyspace.GetFirstAsync(range))?.KeyText);
            }
        }

        Assert.Equal(3, await keyspace.CountRangeAsync(ScanRange.Prefix("k") with { Limit = 3 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => keyspace.Scan(new ScanRange { Limit = -1 }));
    }
}
