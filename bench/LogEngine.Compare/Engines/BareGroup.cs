using System.Runtime.InteropServices;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Engines;

/// <summary>One of the bare loop's two buffers, with those who wait for it.</summary>
internal sealed unsafe class BareGroup : IDisposable
{
    private int _copying;

    internal BareGroup(int capacity)
    {
        Capacity = capacity;
        Memory = (byte*)NativeMemory.AlignedAlloc((nuint)capacity, PreparedFile.BlockBytes);
        NativeMemory.Clear(Memory, (nuint)capacity);
    }

    /// <summary>Bytes it can hold, a whole number of blocks.</summary>
    internal int Capacity { get; }

    /// <summary>The buffer.</summary>
    internal byte* Memory { get; }

    /// <summary>Bytes reserved; under the log's lock while the group fills.</summary>
    internal int Used { get; private set; }

    /// <summary>Who waits; under the log's lock while the group fills.</summary>
    internal List<BareWaiter> Waiters { get; set; } = new(1024);

    /// <summary>Whether there is anything to commit.</summary>
    internal bool IsEmpty => Used == 0 && Waiters.Count == 0;

    /// <summary>Reserves a frame, or returns -1; under the log's lock.</summary>
    internal int Reserve(int size)
    {
        int offset = Used;
        if (offset + size > Capacity)
        {
            return -1;
        }

        Used = offset + size;
        Interlocked.Increment(ref _copying);
        return offset;
    }

    /// <summary>Ends the copy into a reserved frame.</summary>
    internal void Copied() => Interlocked.Decrement(ref _copying);

    /// <summary>Waits for copies under way, pads to whole blocks, returns the bytes to write.</summary>
    internal int Seal()
    {
        SpinWait spin = default;
        while (Volatile.Read(ref _copying) != 0)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        int length = (Used + PreparedFile.BlockBytes - 1) & -PreparedFile.BlockBytes;
        NativeMemory.Clear(Memory + Used, (nuint)(length - Used));
        return length;
    }

    /// <summary>Empties it for the next round.</summary>
    internal void Reset() => Used = 0;

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(Memory);
}
