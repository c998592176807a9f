using System.Runtime.InteropServices;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Engines;

/// <summary>
/// The floor: one thread overwrites a prepared file, write after write, no framing.
/// </summary>
internal sealed unsafe class DeviceLoop : IDisposable
{
    private readonly PreparedFile _file;
    private readonly byte* _data;
    private readonly int _writeBytes;
    private readonly bool _durable;

    /// <summary>A loop of writes of so many bytes, rounded up to whole blocks.</summary>
    internal DeviceLoop(PreparedFile file, long writeBytes, bool durable)
    {
        _file = file;
        _durable = durable;
        _writeBytes = checked((int)((writeBytes + PreparedFile.BlockBytes - 1)
            / PreparedFile.BlockBytes * PreparedFile.BlockBytes));
        _data = (byte*)NativeMemory.AlignedAlloc((nuint)_writeBytes, PreparedFile.BlockBytes);
        new Span<byte>(_data, _writeBytes).Fill(0x5A);
    }

    /// <summary>
    /// Starts the loop on a thread of its own; each write is one count of the load.
    /// </summary>
    internal Task Start(Load load) => Task.Factory.StartNew(
        () => WriteUntilStopped(load),
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _file.Dispose();
    }

    private void WriteUntilStopped(Load load)
    {
        long offset = 0;
        while (!load.Stopped)
        {
            long started = load.Begin(worker: 0);
            offset = offset + _writeBytes > _file.Length ? 0 : offset;
            _file.WriteAt(_data, _writeBytes, offset, _durable);
            offset += _writeBytes;
            load.End(worker: 0, started);
        }

        _file.SyncData();
    }
}
