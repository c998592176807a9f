using System.Runtime.InteropServices;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Engines;

/// <summary>One of the bare loop's two buffers, with those who wait for it.</summary>
internal sealed unsafe class BareGroup : IDisposable
{
    private readonly List<BareWaiter> _waiters = new(1024);
    private int _copying;
    private int _waiterCount;

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

    /// <summary>How many wait; may be read without the lock.</summary>
    internal int WaiterCount => Volatile.Read(ref _waiterCount);

    /// <summary>Whether there is anything to commit.</summary>
    internal bool IsEmpty => Used == 0 && _waiters.Count == 0;

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

    /// <summary>Adds one who waits for this group; under the log's lock.</summary>
    internal void Add(BareWaiter waiter)
    {
        _waiters.Add(waiter);
        Volatile.Write(ref _waiterCount, _waiters.Count);
    }

    /// <summary>Ends the copy into a reserved frame.</summary>
    internal void Copied() => Interlocked.Decrement(ref _copying);

    /// <summary>
    /// Waits for copies under way, pads to whole blocks, returns the bytes to write.
    /// </summary>
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

    /// <summary>
    /// Lets go of everyone, each as a work item of its own, and empties the group.
    /// </summary>
    internal void CompleteAll()
    {
        foreach (BareWaiter waiter in _waiters)
        {
            ThreadPool.UnsafeQueueUserWorkItem(waiter, preferLocal: false);
        }

        _waiters.Clear();
        Volatile.Write(ref _waiterCount, 0);
        Used = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(Memory);
}
