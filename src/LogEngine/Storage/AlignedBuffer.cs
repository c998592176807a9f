using System.Runtime.InteropServices;

namespace LogEngine.Storage;

/// <summary>Native memory at an alignment that direct I/O accepts.</summary>
/// <remarks>
/// The owner disposes it exactly once, when no span taken from it is in use; the finalizer is the
/// net for owners that were abandoned.
/// </remarks>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    /// <summary>Enough for every block size met so far.</summary>
    internal const int MemoryAlignment = 4096;

    private byte* _memory;

    /// <param name="length">Length in bytes.</param>
    /// <param name="zeroed">False: it holds anything, for buffers that are always written first.</param>
    internal AlignedBuffer(int length, bool zeroed = true)
    {
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)length, MemoryAlignment);
        Length = length;
        if (zeroed)
        {
            NativeMemory.Clear(_memory, (nuint)length);
        }
    }

    ~AlignedBuffer() => Free();

    /// <summary>Length in bytes.</summary>
    internal int Length { get; }

    /// <summary>The whole buffer; valid until disposal.</summary>
    internal Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return new Span<byte>(_memory, Length);
        }
    }

    /// <summary>Part of the buffer, bounds checked.</summary>
    internal Span<byte> Slice(int offset, int length) => Span.Slice(offset, length);

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory is null)
        {
            return;
        }

        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
