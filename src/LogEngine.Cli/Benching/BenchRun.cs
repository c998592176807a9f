using System.Diagnostics;

namespace LogEngine.Cli.Benching;

/// <summary>Measures appends to logs of its own in a directory that is made for it, and removed.</summary>
internal sealed class BenchRun : IDisposable
{
    /// <summary>Most bytes that one part writes; each ends earlier where that is reached.</summary>
    private const long MostBytes = 512L << 20;

    /// <summary>The first appends prepare files, and are not counted.</summary>
    private const int Unmeasured = 16;

    /// <summary>What must be free beside it.</summary>
    internal const long NeededBytes = 1L << 30;

    private static readonly byte[] _record = new byte[128];

    private readonly string _scratch;
    private int _parts;

    private BenchRun(string scratch) => _scratch = scratch;

    /// <summary>Bytes of a record that is appended.</summary>
    internal static int RecordBytes => _record.Length;

    internal string Scratch => _scratch;

    /// <summary>What opening the first log said of the place.</summary>
    internal RecoveryReport? Opened { get; private set; }

    /// <summary>Makes a directory beside another one, on the same file system.</summary>
    /// <exception cref="StorageNotFoundException">The directory that it is to stand in is not there.</exception>
    /// <exception cref="ArgumentException">The two are not on one file system.</exception>
    internal static BenchRun Begin(string directory)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        string parent = Path.GetDirectoryName(full) ?? full;
        if (!Directory.Exists(parent))
        {
            throw new StorageNotFoundException($"the directory '{parent}' does not exist");
        }

        if (FileNumber.Of(full) is { } inside
            && FileNumber.Of(parent) is { } beside
            && (inside.DeviceMajor, inside.DeviceMinor) != (beside.DeviceMajor, beside.DeviceMinor))
        {
            throw new ArgumentException(
                $"'{directory}' is where another file system begins: name a directory in it, which need "
                + "not be there");
        }

        string scratch = Path.Combine(parent, $".logengine-bench-{Guid.NewGuid():N}");
        Directory.CreateDirectory(scratch);
        return new BenchRun(scratch);
    }

    /// <summary>So many writers, each with one append at a time.</summary>
    internal async Task<BenchFigures> MeasureAsync(
        int writers, Durability durability, TimeSpan time, CancellationToken cancellationToken)
    {
        string directory = Path.Combine(_scratch, $"{++_parts}");
        List<TimeSpan> times = [];
        TimeSpan elapsed;
        WriteAheadLog log = await WriteAheadLog.OpenAsync(
            directory, cancellationToken: cancellationToken);
        await using (log)
        {
            Opened ??= log.Recovery;
            for (int i = 0; i < Unmeasured; i++)
            {
                await log.AppendAsync(_record, durability, cancellationToken);
            }

            long begun = Stopwatch.GetTimestamp();
            List<TimeSpan>[] all = await Task.WhenAll(Enumerable.Range(0, writers).Select(
                _ => Task.Run(() => WriteAsync(log, durability, begun, time, cancellationToken))));
            elapsed = Stopwatch.GetElapsedTime(begun);
            foreach (List<TimeSpan> some in all)
            {
                times.AddRange(some);
            }

            await log.CloseAsync();
        }

        Directory.Delete(directory, recursive: true);
        return BenchFigures.Of(times, elapsed);
    }

    public void Dispose()
    {
        if (Directory.Exists(_scratch))
        {
            Directory.Delete(_scratch, recursive: true);
        }
    }

    private static async Task<List<TimeSpan>> WriteAsync(
        WriteAheadLog log,
        Durability durability,
        long begun,
        TimeSpan time,
        CancellationToken cancellationToken)
    {
        List<TimeSpan> times = [];
        do
        {
            long one = Stopwatch.GetTimestamp();
            await log.AppendAsync(_record, durability, cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(one));
        }
        while (Stopwatch.GetElapsedTime(begun) < time
            && (times.Count % 64 != 0 || log.Statistics.BytesWritten < MostBytes));
        return times;
    }
}
