using System.Buffers;

namespace LogEngine;

/// <summary>Bytes in a rented array that grows as needed. Not thread-safe.</summary>
internal sealed class PooledBytes : IBufferWriter<byte>, IDisposable
{
    private byte[] _array = [];

    internal int Length { get; private set; }

    internal ReadOnlySpan<byte> Written => _array.AsSpan(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsSpan(Length);
    }

    internal void Clear() => Length = 0;

    /// <summary>Gives the array away, to be returned to the shared pool by whoever takes it.</summary>
    internal byte[] Detach()
    {
        byte[] array = _array;
        _array = [];
        Length = 0;
        return array;
    }

    public void Dispose()
    {
        byte[] array = Detach();
        if (array.Length > 0)
        {
            RentedBytes.Return(array);
        }
    }

    private void Reserve(int more)
    {
        if (_array.Length - Length >= more)
        {
            return;
        }

        byte[] larger = RentedBytes.Rent(
            Math.Max(checked(Length + more), _array.Length * 2));
        _array.AsSpan(0, Length).CopyTo(larger);
        if (_array.Length > 0)
        {
            RentedBytes.Return(_array);
        }

        _array = larger;
    }
}
