using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>Runs the sides of a comparison of stores, interleaved, and reports medians.</summary>
internal static class StoreRuns
{
    /// <summary>Which stores a suite can measure; the others are left out with a reason.</summary>
    [Flags]
    internal enum Needs
    {
        None = 0,
        Durable = 1,
        Ordered = 2,
    }

    /// <summary>Runs every engine in turn, as often as asked for.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="cell">A row without figures: what is measured.</param>
    /// <param name="needs">What a store must have.</param>
    /// <param name="report">Where to.</param>
    /// <param name="measure">One run of one engine.</param>
    internal static async Task RunAsync(
        CompareOptions options,
        ResultRow cell,
        Needs needs,
        Report report,
        Func<string, Task<Window>> measure)
    {
        foreach ((string engine, List<Window> windows) in await SideRuns.MeasureAsync(
            options,
            report,
            NameOf(cell),
            options.Repeat,
            measure,
            engine => WhyNot(engine, options, cell, needs)))
        {
            report.Add(ResultRow.From(cell.Suite, engine, cell.Payload, windows) with
            {
                Workload = cell.Workload,
                Appenders = cell.Appenders,
                Keys = cell.Keys,
                Readers = cell.Readers,
                Writers = cell.Writers,
                AtOnce = cell.AtOnce,
                Durability = cell.Durability,
            });
        }
    }

    /// <summary>What a store of this cell is opened for.</summary>
    internal static StoreSettings Settings(
        CompareOptions options, string directory, int valueBytes, long keys) =>
        new(directory, valueBytes, keys, options.Durability, options.CacheBytes);

    /// <summary>A cell's row, yet without figures.</summary>
    internal static ResultRow Cell(CompareOptions options, int payload, long? keys = null) => new()
    {
        Suite = options.Suite,
        Engine = string.Empty,
        Payload = payload,
        Keys = keys,
        Durability = options.DurabilityName,
        OpsPerSecond = 0,
        OpsMin = 0,
        OpsMax = 0,
        BytesPerSecond = 0,
        Runs = 0,
    };

    private static string? WhyNot(
        string engine, CompareOptions options, ResultRow cell, Needs needs)
    {
        if (StoreCatalog.WhyMissing(engine) is { } missing)
        {
            return missing;
        }

        return engine switch
        {
            "logengine-blocking" when cell.Appenders > 64 => "one thread for each writer",
            "fasterkv" when needs.HasFlag(Needs.Ordered) => "it has no order and no files here",
            "fasterkv" when needs.HasFlag(Needs.Durable)
                && options.Durability != Durability.None => "nothing is durable per write",
            "fasterkv" when cell.Payload != Faster.FasterKvPeer.ValueBytes =>
                $"its values have {Faster.FasterKvPeer.ValueBytes} bytes here",
            _ => null,
        };
    }

    private static string NameOf(ResultRow cell)
    {
        string?[] parts =
        [
            $"{cell.Suite} {cell.Workload} {cell.Payload} B, {cell.Durability}",
            cell.Appenders is { } tasks ? $"{tasks} writers" : null,
            cell.Keys is { } keys ? $"{keys} keys" : null,
            cell.Readers is { } readers ? $"{readers} readers" : null,
            cell.Writers is { } writers ? $"{writers} writers" : null,
            cell.AtOnce is { } atOnce ? $"{atOnce} at once" : null,
        ];
        return string.Join(", ", parts.Where(part => part is not null));
    }
}
