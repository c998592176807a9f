namespace LogEngine.Conformance;

/// <summary>The tables of docs/stores.md, docs/queue.md and docs/messages.md and the cases say the same.</summary>
public sealed class DocsTableTests
{
    /// <summary>Every row of the contract of every store.</summary>
    private static readonly Dictionary<string, string[]> Rows = new()
    {
        ["DocumentStore"] =
        [
            "save", "load", "delete", "list", "text", "expiry", "key rule", "checksum", "durability modes",
            "backends", "concurrency",
        ],
        ["SnapshotFile"] =
        [
            "framing", "staging", "commit", "abandon", "shrink", "validation", "missing parent",
            "after close", "load", "log position",
        ],
        ["BlobStore"] =
        [
            "put", "put again", "get", "atomicity", "stale litter", "cache", "conformance", "names",
            "staging",
        ],
        ["RunLog"] =
        [
            "append", "duplicates", "kinds", "load", "clear", "isolation", "sharing",
        ],
        ["CheckpointStore"] =
        [
            "save", "rotation", "load latest", "restore", "by sequence", "listing", "numbering",
            "content",
        ],
        ["DurableQueue"] =
        [
            "delivery", "receiving", "groups", "deletion", "sharing", "lending", "visibility timeout", "renewal", "acknowledgement", "retry",
            "poison", "dead letter", "schedule", "deduplication", "limits", "damage",
        ],
        ["Messages"] = ["typed", "recurring"],
        ["Topic"] = ["damage"],
        ["Keyspace"] =
        [
            "scans", "watch", "counters", "pieces", "marks", "keys with versions", "statistics",
        ],
        ["Together"] = ["one batch"],
    };

    [SkippableFact]
    public void Every_row_has_a_case_and_the_page_names_it()
    {
        IEnumerable<string> described =
            from page in new[] { "stores.md", "queue.md", "messages.md", "keyspaces.md" }
            from line in File.ReadLines(Repository.RequireFile("docs", page))
            let cells = line.Split('|', StringSplitOptions.TrimEntries)
            where cells.Length == 6 && cells[3].StartsWith('`')
            select $"{cells[1]} / {cells[2]} / {cells[3].Trim('`')}";
        IEnumerable<string> present =
            from found in All()
            select $"{found.Store} / {found.Row} / {found.Name}";
        Assert.Equal(present.Order(), described.Order());
    }

    [Fact]
    public void Every_row_of_the_contract_has_a_case_and_there_is_no_other_row() => Assert.Equal(
        Rows.SelectMany(store => store.Value.Select(row => $"{store.Key} / {row}")).Order(),
        All().Select(found => $"{found.Store} / {found.Row}").Distinct().Order());

    private static IEnumerable<(string Store, string Row, string Name)> All() =>
    [
        .. ConformanceCase.All.Select(found => (found.Store, found.Row, found.Name)),
        .. EmbeddedCase<Backends.StoreSession>.All.Values.Select(found => (found.Store, found.Row, found.Name)),
        .. EmbeddedCase<Backends.SnapshotSession>.All.Values
            .Select(found => (found.Store, found.Row, found.Name)),
    ];
}
