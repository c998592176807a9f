using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Block;

/// <summary>A log on a recorded disk.</summary>
internal sealed class BlockWorkload(RecordedDisk disk, IoMode mode, int seed)
    : IBlockWorkload<Expectation>
{
    internal const string Directory = "log";

    private readonly LogJournal _journal = new();
    private readonly List<Expectation> _expected = [];
    private readonly Random _random = new(seed);
    private WriteAheadLog? _log;

    public IReadOnlyList<Expectation> Expected => _expected;

    internal static WriteAheadLogOptions Options(IoMode mode) =>
        SmallLogs.Options(mode) with { SpareSegments = 1 };

    public Expectation Between(Expectation before, Expectation after) => before with
    {
        Era = after.Era,
        Submitted = Math.Max(before.Submitted, after.Submitted),
        LowAtMost = Math.Max(before.LowAtMost, after.LowAtMost),
    };

    public async Task RunAsync(int steps)
    {
        Mark();
        await OpenAsync();
        for (int i = 0; i < steps; i++)
        {
            await StepAsync();
            Mark();
        }

        await _log!.CloseAsync();
        Mark();
    }

    private void Mark()
    {
        if (_log is not null)
        {
            _journal.DurableShown(_log.DurableSequence);
        }

        _expected.Add(_journal.Now());
        disk.Mark(_expected.Count - 1);
    }

    private async Task StepAsync()
    {
        switch (_random.Next(12))
        {
            case 0 or 1 or 2:
                await AppendAsync(Durability.PowerLoss, _random.Next(10, 900));
                break;
            case 3 or 4:
                await AppendAsync(Durability.ProcessCrash, _random.Next(10, 4000));
                break;
            case 5:
                await AppendAsync(Durability.None, _random.Next(10, 900));
                break;
            case 6:
                await AppendAsync(Durability.PowerLoss, 10, 3000, 200);
                break;
            case 7:
                await Task.WhenAll(
                    AppendAsync(Durability.PowerLoss, 700),
                    AppendAsync(Durability.ProcessCrash, 5000),
                    AppendAsync(Durability.PowerLoss, 100));
                break;
            case 8 or 9:
                for (int i = 0; i < 3; i++)
                {
                    await AppendAsync(Durability.ProcessCrash, 12_000);
                }

                break;
            case 10:
                long keepFrom = Math.Max(1, _log!.LastSequence - _random.Next(8));
                _journal.TruncationBegins(keepFrom);
                await _log.TruncateBeforeAsync(keepFrom);
                _journal.TruncationDone(keepFrom);
                break;
            default:
                await _log!.CloseAsync();
                await OpenAsync();
                _journal.Reopened(_log.FirstSequence, _log.LastSequence);
                break;
        }
    }

    private async Task OpenAsync() => _log = await WriteAheadLog.OpenAsync(
        disk.Mount[Directory], Options(mode));

    private Task AppendAsync(Durability durability, params int[] lengths)
    {
        byte[][] records = [.. lengths.Select(length =>
        {
            byte[] record = new byte[length];
            _random.NextBytes(record);
            return record;
        })];
        return _journal.Append(records, durability, () =>
        {
            if (records.Length == 1)
            {
                return _log!.AppendAsync(records[0], durability).AsTask();
            }

            LogBatch batch = new();
            foreach (byte[] record in records)
            {
                batch.Add(record);
            }

            return _log!.AppendBatchAsync(batch, durability).AsTask();
        });
    }
}
