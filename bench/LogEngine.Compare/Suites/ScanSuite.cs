using LogEngine.Compare.Engines;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>Opens a closed log and reads all of it, verified, with the page cache warm.</summary>
internal static class ScanSuite
{
    internal const string Name = "log-scan";

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            Dictionary<string, RunDirectory> directories = [];
            try
            {
                await new Cell(options, null, payload).RunAsync(
                    report, (cell, engine) => MeasureAsync(cell, engine, directories));
            }
            finally
            {
                foreach (RunDirectory directory in directories.Values)
                {
                    directory.Dispose();
                }
            }
        }
    }

    /// <summary>Each engine writes once; a first, unmeasured scan warms cache and code.</summary>
    private static async Task<Window> MeasureAsync(
        Cell cell, string engine, Dictionary<string, RunDirectory> directories)
    {
        IBenchScan scan = engine switch
        {
            "bare" => new BareScan(cell.PayloadBytes),
            "fasterlog" => new FasterScan(cell.PayloadBytes),
            _ => new LogEngineScan(cell.Options, cell.PayloadBytes),
        };
        if (!directories.TryGetValue(engine, out RunDirectory? directory))
        {
            directory = new RunDirectory(cell.Options, engine);
            directories.Add(engine, directory);
            await WriteAsync(scan, directory.Path, cell);
            await ReadAsync(scan, directory.Path, cell);
        }

        return await ReadAsync(scan, directory.Path, cell);
    }

    private static async Task WriteAsync(IBenchScan scan, string directory, Cell cell)
    {
        byte[] payload = Appenders.Payload(seed: 1, cell.PayloadBytes);
        await using IBenchLog log = await scan.CreateAsync(directory, cell.Options.Records);
        for (long i = 0; i < cell.Options.Records; i++)
        {
            SpinWait spin = default;
            while (!log.TryAppend(payload))
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        await log.FlushAsync();
    }

    private static async Task<Window> ReadAsync(IBenchScan scan, string directory, Cell cell)
    {
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        ScanOutcome outcome = await scan.ReadAsync(directory);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        long records = cell.Options.Records;
        if (outcome.Records != records || outcome.Bytes != records * cell.PayloadBytes)
        {
            throw new InvalidDataException(
                $"{outcome.Records} records of {outcome.Bytes} bytes were read; {records} were "
                + "written.");
        }

        return new Window(records, outcome.Elapsed)
        {
            AllocatedBytes = allocated,
            OpenTime = outcome.OpenTime,
            Note = scan.Note,
        };
    }
}
