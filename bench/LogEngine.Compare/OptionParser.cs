using System.Globalization;

namespace LogEngine.Compare;

/// <summary>Reads the command line; what it does not know is one clear line.</summary>
internal static class OptionParser
{
    /// <summary>Suites and the engines that each runs when none are named.</summary>
    internal static readonly IReadOnlyDictionary<string, string[]> DefaultEngines =
        new Dictionary<string, string[]>
        {
            [Suites.AppendSuite.Name] = ["logengine", "device", "bare", "fasterlog"],
            [Suites.BufferedSuite.Name] = ["logengine", "device", "bare", "fasterlog"],
            [Suites.ScanSuite.Name] = ["logengine", "bare", "fasterlog"],
            [Suites.RetentionSuite.Name] = ["logengine", "device-1m", "device-4m", "bare"],
            [Suites.StorePutSuite.Name] = [.. Stores.StoreCatalog.Names],
            [Suites.StoreGetSuite.Name] = [.. Stores.StoreCatalog.Names],
            [Suites.StoreUpdateSuite.Name] = [.. Stores.StoreCatalog.Names],
            [Suites.StoreBesideSuite.Name] = [.. Suites.StoreBesideSuite.Sides],
            [Suites.StoreScanSuite.Name] = [.. Stores.StoreCatalog.Names],
            [Suites.StoreOpenSuite.Name] = [.. Stores.StoreCatalog.Names],
            [Suites.KeyspacesSuite.Name] = [.. Suites.KeyspacesSuite.Sides],
            [Suites.StoresSuite.Name] = [.. StoreItems.ItemCatalog.Names],
            [Suites.StoresScaleSuite.Name] = [.. Suites.StoresScaleSuite.Sides],
            [Suites.QueueSuite.Name] = ["logengine", "engine-put", "sqlite", "rabbitmq"],
            [Suites.PostgreSqlSuite.Name] = [.. Suites.PostgreSqlSuite.Sides],
            [Suites.TelemetrySuite.Name] = [.. Suites.TelemetrySuite.Sides],
        };

    /// <summary>Engines that a suite can run; if it is not here, those of the default.</summary>
    private static readonly Dictionary<string, string[]> KnownEngines = new()
    {
        [Suites.AppendSuite.Name] =
        [
            "logengine", "logengine-2", "logengine-blocking", "device", "device-buffered", "bare",
            "bare-buffered", "fasterlog", "fasterlog-fast",
        ],
        [Suites.BufferedSuite.Name] =
        [
            "logengine", "device", "device-buffered", "bare", "bare-buffered", "fasterlog",
            "fasterlog-fast",
        ],
        [Suites.StorePutSuite.Name] = 
        [
            .. Stores.StoreCatalog.Names, "logengine-2", "logengine-blocking", "nothing",
            "nothing-blocking",
        ],
        [Suites.ScanSuite.Name] = ["logengine", "bare", "fasterlog"],
        [Suites.RetentionSuite.Name] =
            ["logengine", "device-1m", "device-4m", "bare", "bare-buffered"],
    };

    /// <summary>The options, or a <see cref="UsageException"/> that says what is wrong.</summary>
    internal static CompareOptions Parse(ReadOnlySpan<string> args)
    {
        string suite = args[0];
        if (!DefaultEngines.TryGetValue(suite, out string[]? engines))
        {
            throw new UsageException(
                $"Unknown suite '{suite}'; there are {string.Join(", ", DefaultEngines.Keys)}.");
        }

        CompareOptions options = SuiteDefaults(suite) with { Engines = engines };
        for (int i = 1; i < args.Length; i++)
        {
            string name = args[i];
            options = name switch
            {
                "--warm" => options with { WarmPool = true },
                "--cold" => options with { WarmPool = false },
                _ when !name.StartsWith("--", StringComparison.Ordinal) =>
                    throw new UsageException($"Unexpected argument '{name}'."),
                _ when i + 1 == args.Length =>
                    throw new UsageException($"Unknown option '{name}', or its value is missing."),
                _ => Apply(options, name, args[++i]),
            };
        }

        foreach (string engine in options.Engines)
        {
            string[] known = KnownEngines.GetValueOrDefault(suite, engines);
            if (!known.Contains(engine))
            {
                throw new UsageException(
                    $"Suite {suite} has no engine '{engine}'; it has "
                    + $"{string.Join(", ", known)}.");
            }
        }

        return options;
    }

    private static CompareOptions SuiteDefaults(string suite)
    {
        CompareOptions options = new() { Suite = suite };
        return suite switch
        {
            Suites.BufferedSuite.Name => options with { Payloads = [100, 1024] },
            Suites.ScanSuite.Name => options with { Payloads = [100] },
            Suites.RetentionSuite.Name => options with { Payloads = [16384], Appenders = [512] },
            Suites.StorePutSuite.Name => options with
            {
                Payloads = [100],
                Appenders = [1, 8, 64, 512],
            },
            Suites.StoreBesideSuite.Name => options with
            {
                Payloads = [100],
                Appenders = [64],
                Length = TimeSpan.FromSeconds(10),
                WarmUp = TimeSpan.FromSeconds(3),
                CacheBytes = 256L << 20,
            },
            Suites.KeyspacesSuite.Name => options with { Keys = [1_000, 10_000, 100_000], Repeat = 1 },
            Suites.StoresSuite.Name => options with { Payloads = [100], Appenders = [64] },
            Suites.StoreGetSuite.Name => options with
            {
                Payloads = [100],
                AtOnce = [1, 8],
                Durability = Durability.ProcessCrash,
            },
            Suites.StoreUpdateSuite.Name or Suites.StoreOpenSuite.Name => options with
            {
                Payloads = [100],
                Durability = Durability.ProcessCrash,
            },
            Suites.QueueSuite.Name => options with
            {
                Payloads = [100],
                Appenders = [64, 512],
                Keys = [10_000_000],
                Length = TimeSpan.FromSeconds(5),
            },
            Suites.PostgreSqlSuite.Name => options with
            {
                Payloads = [100],
                Appenders = [64, 512],
                Workloads = ["cycle", "put"],
                Length = TimeSpan.FromSeconds(5),
            },
            Suites.TelemetrySuite.Name => options with
            {
                Payloads = [100],
                Appenders = [64],
                Workloads = ["put", "enqueue", "cycle"],
            },
            Suites.StoreScanSuite.Name => options with { Payloads = [100], Keys = [10_000_000] },
            _ => options,
        };
    }

    private static CompareOptions Apply(CompareOptions options, string name, string value) =>
        name switch
        {
            "--appenders" => options with { Appenders = Numbers(name, value, 1, 16384) },
            "--payload" => options with { Payloads = Numbers(name, value, 1, 1 << 20) },
            "--engines" => options with { Engines = value.Split(',') },
            "--durability" => options with { Durability = ParseDurability(value) },
            "--seconds" => options with { Length = Seconds(name, value) },
            "--warmup" => options with { WarmUp = Seconds(name, value) },
            "--pause" => options with { Pause = Seconds(name, value) },
            "--repeat" => options with { Repeat = (int)Number(name, value, 1, 1000) },
            "--dir" => options with { Directory = Path.GetFullPath(value) },
            "--json" => options with { JsonFile = Path.GetFullPath(value) },
            "--io" => options with { IoMode = ParseIoMode(value) },
            "--segment-mb" => options with { SegmentBytes = Number(name, value, 1, 1024) << 20 },
            "--keep-bytes" => options with
            {
                KeepBytes = Number(name, value, 1 << 20, 1L << 50),
            },
            "--keys" => options with { Keys = LongNumbers(name, value, 1000, 1 << 30) },
            "--readers" => options with { Readers = Numbers(name, value, 1, 1024) },
            "--writers" => options with { Writers = Numbers(name, value, 0, 1) },
            "--at-once" => options with { AtOnce = Numbers(name, value, 1, 64) },
            "--batch" => options with { Batch = (int)Number(name, value, 1, 100_000) },
            "--updates" => options with { Updates = Number(name, value, 1, 1L << 40) },
            "--cache-mb" => options with { CacheBytes = Number(name, value, 0, 1 << 20) << 20 },
            "--tail-mb" => options with { TailBytes = Number(name, value, 0, 1 << 20) << 20 },
            "--stream-mb" => options with { StreamBytes = Number(name, value, 1, 1 << 20) << 20 },
            "--workload" => options with { Workloads = value.Split(',') },
            "--messages" => options with { Messages = Number(name, value, 1, 1L << 30) },
            "--rate" => options with { MessagesPerSecond = Number(name, value, 1, 1L << 30) },
            "--settle" => options with { Settle = Seconds(name, value) },
            "--records" => options with { Records = Number(name, value, 1, 1L << 40) },
            _ => throw new UsageException($"Unknown option '{name}'; see --help."),
        };

    private static Durability ParseDurability(string value) => value switch
    {
        "power-loss" => Durability.PowerLoss,
        "process-crash" => Durability.ProcessCrash,
        "none" => Durability.None,
        _ => throw new UsageException(
            $"--durability is power-loss, process-crash or none, not '{value}'."),
    };

    private static IoMode ParseIoMode(string value) => value switch
    {
        "auto" => IoMode.Auto,
        "direct" => IoMode.Direct,
        "buffered" => IoMode.Buffered,
        _ => throw new UsageException($"--io is direct, buffered or auto, not '{value}'."),
    };

    private static int[] Numbers(string name, string value, int low, int high) =>
        [.. value.Split(',').Select(part => (int)Number(name, part, low, high))];

    private static long[] LongNumbers(string name, string value, long low, long high) =>
        [.. value.Split(',').Select(part => Number(name, part, low, high))];

    private static long Number(string name, string value, long low, long high) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        && number >= low && number <= high
            ? number
            : throw new UsageException(
                $"{name} takes whole numbers from {low} to {high}, not '{value}'.");

    private static TimeSpan Seconds(string name, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && number is > 0 and <= 3600
            ? TimeSpan.FromSeconds(number)
            : throw new UsageException($"{name} takes seconds up to 3600, not '{value}'.");
}
