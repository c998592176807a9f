using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>A store of numbers on a simulated disk: a log of them, or an engine with them as keys.</summary>
internal sealed class HarmedStore
{
    private const int Bytes = 5000;

    private readonly SimulatedMachine _machine;
    private readonly WriteAheadLog? _log;
    private readonly EmbeddedEngine? _engine;

    private HarmedStore(SimulatedMachine machine, string directory, bool isEngine)
    {
        _machine = machine;
        if (isEngine)
        {
            _engine = machine.OpenEngine(directory, Testing.SimulatedDisk.SmallEngine);
        }
        else
        {
            _log = machine.Open(directory, Testing.SimulatedDisk.SmallLog);
        }
    }

    internal SimulatedMachine Machine => _machine;

    /// <summary>Numbers whose writing was acknowledged.</summary>
    internal SortedSet<int> Acknowledged { get; } = [];

    internal bool IsFaulted => (_log?.Faulted ?? _engine!.Faulted).IsCompleted;

    internal Exception? FaultCause => IsFaulted
        ? (_log?.Faulted ?? _engine!.Faulted).Result.InnerException
        : null;

    internal static HarmedStore Open(SimulatedMachine machine, string directory, bool isEngine) =>
        new(machine, directory, isEngine);

    /// <summary>Writes a number; false where that failed with the fault.</summary>
    internal bool TryWrite(int number, Durability durability)
    {
        byte[] value = new byte[Bytes];
        BitConverter.TryWriteBytes(value, number);
        return TryDo(() => _log is null
            ? _engine!.GetKeyspace("k").PutAsync(value.AsMemory(0, 4), value, durability).AsTask()
            : _log.AppendAsync(value, durability).AsTask()) && Acknowledged.Add(number);
    }

    /// <summary>Everything else that writes files: rotation aside, which comes by itself.</summary>
    internal bool TryTidy() => _log is not null
        ? TryDo(() => _log.FlushAsync().AsTask())
        : TryDo(() => _engine!.SnapshotAsync().AsTask())
            && TryDo(() => _engine!.CompactAsync().AsTask());

    /// <summary>Closes; false where that failed with the fault.</summary>
    internal bool TryClose() => TryDo(() => _log is null
        ? _engine!.CloseAsync().AsTask()
        : _log.CloseAsync().AsTask());

    internal SortedSet<int> Read()
    {
        SortedSet<int> found = [];
        if (_log is not null)
        {
            using LogReader reader = _log.OpenReader(1);
            while (reader.TryRead(out StoredRecord record))
            {
                found.Add(BitConverter.ToInt32(record.Payload));
            }

            return found;
        }

        _machine.Wait(ReadEngineAsync(found));
        return found;
    }

    private async Task ReadEngineAsync(SortedSet<int> found)
    {
        for (int i = 0; i < DirectoryHunt.MostNumbers; i++)
        {
            using StoredValue? value =
                await _engine!.GetKeyspace("k").GetAsync(BitConverter.GetBytes(i));
            if (value is not null)
            {
                Assert.Equal(i, BitConverter.ToInt32(value.Memory.Span));
                found.Add(i);
            }
        }
    }

    private bool TryDo(Func<Task> work)
    {
        try
        {
            _machine.Wait(work());
            return true;
        }
        catch (StorageFaultedException)
        {
            return false;
        }
    }
}
