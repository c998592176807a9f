
namespace LogEngine.Unit.Architecture;

/// <summary>Which namespace may use which; read from what was compiled.</summary>
public sealed class ArchitectureTests
{
    private static readonly TypeGraph Graph = TypeGraph.Of(typeof(WriteAheadLog).Assembly.Location);

    /// <summary>Types of the root that do something; all others there are contract types.</summary>
    private static readonly HashSet<string> Facades =
    [
        "LogEngine.WriteAheadLog", "LogEngine.LogReader", "LogEngine.LogDirectory",
        "LogEngine.SnapshotFile", "LogEngine.SnapshotFileReader", "LogEngine.SnapshotFileWriter",
        "LogEngine.StorageEngine", "LogEngine.Keyspace", "LogEngine.KeyspaceReader",
        "LogEngine.ReadView", "LogEngine.KeyScan", "LogEngine.WriteBatch", "LogEngine.WriteOperation",
        "LogEngine.WriteCondition", "LogEngine.KeyspaceText", "LogEngine.LogText",
        "LogEngine.IBatchObserver", "LogEngine.ObservedCommit",
        "LogEngine.BatchMark", "LogEngine.SequencedPut", "LogEngine.CounterInBatch", "LogEngine.CounterSums",
        "LogEngine.CounterLines", "LogEngine.KeyspaceCounters", "LogEngine.KeyspacePieces",
        "LogEngine.EmbeddedEngine", "LogEngine.EmbeddedKeyspace", "LogEngine.EmbeddedReadView",
        "LogEngine.EmbeddedKeyspaceView", "LogEngine.EmbeddedKeyScan", "LogEngine.EmbeddedParts",
    ];

    /// <summary>What each namespace may use besides itself and the contract types.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Contract"] = [],
        ["Awaiting"] = [],
        ["Format"] = [],
        ["Storage"] = ["Format"],
        ["Log"] = ["Awaiting", "Storage", "Format", "Telemetry"],
        ["Index"] = ["Format"],
        ["Caching"] = [],
        ["Engine"] =
        [
            "Awaiting", "Caching", "Index", "Log", "Storage", "Format", "Telemetry",
        ],
        ["Snapshots"] = ["Engine", "Index", "Log", "Storage", "Format"],
        ["Maintenance"] =
        [
            "Snapshots", "Engine", "Index", "Log", "Storage", "Format", "Telemetry",
        ],
        ["Recovery"] =
        [
            "Snapshots", "Engine", "Caching", "Index", "Log", "Storage", "Format",
        ],
        ["Running"] =
        [
            "Recovery", "Maintenance", "Snapshots", "Engine", "Index", "Log", "Storage", "Format",
            "Telemetry",
        ],
        ["Backups"] =
        [
            "Running", "Recovery", "Maintenance", "Snapshots", "Engine", "Log", "Storage", "Format",
            "Telemetry",
        ],
        ["Inspection"] =
        [
            "Running", "Recovery", "Snapshots", "Engine", "Caching", "Index", "Log", "Storage",
            "Format",
        ],
        ["Facade"] =
        [
            "Awaiting", "Inspection", "Backups", "Running", "Recovery", "Maintenance", "Engine",
            "Index", "Log",
            "Storage", "Format", "Telemetry",
        ],
        ["Telemetry"] = [],
        ["Stores"] = ["Awaiting", "Telemetry", "Facade"],
        ["Stores.Shared"] = ["Stores", "Facade"],
        ["Stores.Queues"] = ["Awaiting", "Stores.Shared", "Stores", "Telemetry", "Facade"],
        ["Stores.Messages"] = ["Stores.Queues", "Stores", "Facade"],
        ["Stores.Topics"] = ["Stores.Shared", "Stores", "Telemetry", "Facade"],
        ["Stores.Migration"] = ["Stores.Queues", "Stores", "Telemetry", "Facade"],
    };

    [Fact]
    public void Every_namespace_uses_only_those_below_it()
    {
        IEnumerable<string> wrong =
            from use in Graph.Uses
            let user = Layer(use.From)
            let used = Layer(use.To)
            where user is not null && used is not null
                && user != used && used != "Contract" && !Allowed[user].Contains(used)
            select $"{use.From} ({user}) uses {use.To} ({used})";
        Assert.True(!wrong.Any(), string.Join('\n', wrong.Order()));
    }

    [Fact]
    public void Stores_use_only_what_is_public()
    {
        IEnumerable<string> hiddenMembers =
            from use in Graph.HiddenUses
            where IsStore(Layer(use.From)) && Layer(use.To) is { } used && !IsStore(used)
                && used is not ("Telemetry" or "Awaiting")

                // Exceptions derive from the one of the library, which nobody else may.
                && use is not { To: "LogEngine.LogEngineException", Member: ".ctor" }
            select $"{use.From} uses {use.To}.{use.Member}";
        IEnumerable<string> hiddenTypes =
            from use in Graph.Uses
            where IsStore(Layer(use.From)) && Layer(use.To) is { } used && !IsStore(used)
                && used is not ("Telemetry" or "Awaiting")
                && typeof(WriteAheadLog).Assembly.GetType(use.To) is { IsVisible: false }
            select $"{use.From} uses {use.To}";
        Assert.Empty(hiddenMembers.Concat(hiddenTypes));
        Assert.Contains(Graph.HiddenUses, use => Layer(use.From) == "Facade");
    }

    /// <summary>They run on every engine: only a queue may be made for one.</summary>
    [Fact]
    public void Stores_and_topics_know_only_the_contract_of_an_engine()
    {
        IEnumerable<string> wrong =
            from use in Graph.Uses
            where Layer(use.From) is "Stores" or "Stores.Shared" or "Stores.Topics" or "Stores.Migration"
                && use.To.StartsWith("LogEngine.Embedded", StringComparison.Ordinal)
            select $"{use.From} uses {use.To}";
        Assert.Empty(wrong);
        Assert.Contains(
            Graph.Uses,
            use => Layer(use.From) == "Stores.Queues" && use.To == "LogEngine.EmbeddedEngine");
    }

    [Fact]
    public void Every_namespace_is_known()
    {
        IEnumerable<string?> layers = typeof(WriteAheadLog).Assembly.GetTypes()
            .Where(type => type.Namespace is { } space
                && space.StartsWith("LogEngine", StringComparison.Ordinal))
            .Select(type => Layer(type.FullName!.Split('+')[0]))
            .Distinct();
        Assert.Equal(Allowed.Keys.Order(), layers.Order());
    }

    [Fact]
    public void Facades_exist()
    {
        Assert.All(
            Facades, name => Assert.NotNull(typeof(WriteAheadLog).Assembly.GetType(name)));
    }

    [Fact]
    public void Only_storage_touches_files()
    {
        string[] banned =
        [
            "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.Directory",
            "System.IO.DirectoryInfo", "System.IO.RandomAccess", "System.IO.FileSystemInfo",
            "Microsoft.Win32.SafeHandles.SafeFileHandle",
        ];
        Assert.DoesNotContain(
            Graph.Uses, use => banned.Contains(use.To) && Layer(use.From) != "Storage");
    }

    [Fact]
    public void Only_storage_calls_native_code() => Assert.All(
        Graph.NativeImporters, type => Assert.Equal("Storage", Layer(type)));

    [Fact]
    public void Nothing_uses_streams_over_files_or_maps_memory()
    {
        string[] banned =
        [
            "System.IO.FileStream", "System.IO.BinaryWriter",
            "System.IO.MemoryMappedFiles.MemoryMappedFile",
        ];
        Assert.DoesNotContain(Graph.Uses, use => banned.Contains(use.To));
    }

    [Fact]
    public void The_graph_sees_what_is_known_to_be_there()
    {
        Assert.Contains(
            new TypeUse("LogEngine.Log.Group", "LogEngine.Format.RecordHeader"), Graph.Uses);
        Assert.Contains(
            new TypeUse("LogEngine.Running.LogLifetime", "LogEngine.Log.LogWriter"), Graph.Uses);
        Assert.Contains("LogEngine.Storage.PosixNative", Graph.NativeImporters);
    }

    private static bool IsStore(string? layer) =>
        layer?.StartsWith("Stores", StringComparison.Ordinal) == true;

    /// <summary>
    /// The layer of a type of this assembly; null for generated and outside ones.
    /// </summary>
    private static string? Layer(string type)
    {
        int dot = type.LastIndexOf('.');
        return type[..dot] switch
        {
            "LogEngine" => Facades.Contains(type) ? "Facade" : "Contract",
            var space when space.StartsWith("LogEngine.", StringComparison.Ordinal) =>
                space["LogEngine.".Length..],
            _ => null,
        };
    }
}
