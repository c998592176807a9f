using System.Runtime.InteropServices;

namespace LogEngine.Index;

/// <summary>The pages that may be given out again.</summary>
/// <remarks>
/// The last one freed goes first, because it is still in the processor's cache; with poisoning it
/// goes last, so that a late read meets the poison and not a new page.
/// </remarks>
internal sealed unsafe class FreePages(bool oldestFirst) : IDisposable
{
    private const int FirstCapacity = 1024;

    private uint* _ids;

    /// <summary>A power of two.</summary>
    private long _capacity;
    private long _first;
    private long _count;

    ~FreePages() => Free();

    internal long Count => Volatile.Read(ref _count);

    internal bool TryTake(out uint id)
    {
        if (_count == 0)
        {
            id = 0;
            return false;
        }

        if (oldestFirst)
        {
            id = _ids[_first & (_capacity - 1)];
            _first++;
        }
        else
        {
            id = _ids[(_first + _count - 1) & (_capacity - 1)];
        }

        Volatile.Write(ref _count, _count - 1);
        return true;
    }

    internal void Add(uint id)
    {
        if (_count == _capacity)
        {
            Grow();
        }

        _ids[(_first + _count) & (_capacity - 1)] = id;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Grow()
    {
        long capacity = Math.Max(FirstCapacity, _capacity * 2);
        uint* ids = (uint*)NativeMemory.Alloc((nuint)capacity, sizeof(uint));
        for (long i = 0; i < _count; i++)
        {
            ids[i] = _ids[(_first + i) & (_capacity - 1)];
        }

        NativeMemory.Free(_ids);
        _ids = ids;
        _capacity = capacity;
        _first = 0;
    }

    private void Free()
    {
        NativeMemory.Free(_ids);
        _ids = null;
        _capacity = 0;
        _count = 0;
    }
}
