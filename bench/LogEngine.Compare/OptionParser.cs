using System.Globalization;

namespace LogEngine.Compare;

/// <summary>Reads the command line; what it does not know is one clear line.</summary>
internal static class OptionParser
{
    /// <summary>The options, or a <see cref="UsageException"/> that says what is wrong.</summary>
    internal static CompareOptions Parse(SuiteEntry suite, ReadOnlySpan<string> args)
    {
        CompareOptions options = suite.Options(quick: args.Contains("--quick"));
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            options = name switch
            {
                "--quick" => options,
                "--warm" => options with { WarmPool = true },
                "--cold" => options with { WarmPool = false },
                _ when !name.StartsWith("--", StringComparison.Ordinal) =>
                    throw new UsageException($"Unexpected argument '{name}'."),
                _ when i + 1 == args.Length =>
                    throw new UsageException($"Unknown option '{name}', or its value is missing."),
                _ => Apply(options, name, args[++i]),
            };
        }

        string[] known = [.. suite.Engines, .. suite.MoreEngines];
        foreach (string engine in options.Engines)
        {
            if (!known.Contains(engine))
            {
                throw new UsageException(
                    $"Suite {suite.Name} has no engine '{engine}'; it has {string.Join(", ", known)}.");
            }
        }

        return options;
    }

    private static CompareOptions Apply(CompareOptions options, string name, string value) =>
        name switch
        {
            "--appenders" => options with { Appenders = Numbers(name, value, 1, 16384) },
            "--payload" => options with { Payloads = Numbers(name, value, 1, 1 << 20) },
            "--engines" => options with { Engines = value.Split(',') },
            "--durability" => options with
            {
                Durabilities = [.. value.Split(',').Select(ParseDurability)],
            },
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
            "--rate" => options with { Rate = Number(name, value, 1, 1L << 30) },
            "--log-mb" => options with
            {
                LogBytes = [.. LongNumbers(name, value, 1, 1 << 20).Select(mb => mb << 20)],
            },
            "--settle" => options with { Settle = Seconds(name, value) },
            "--records" => options with { Records = Number(name, value, 1, 1L << 40) },
            _ => throw new UsageException($"Unknown option '{name}'; see --help."),
        };

    /// <summary>A durability by its name.</summary>
    internal static Durability ParseDurability(string value) => value switch
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
