using System.Runtime.InteropServices;

namespace LogEngine.Storage;

/// <summary>Zeroed native memory at an alignment that direct I/O accepts.</summary>
/// <remarks>
/// The owner disposes it exactly once, when no span taken from it is in use; the finalizer is the
/// net for owners that were abandoned.
/// </remarks>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    /// <summary>Enough for every block size met so far.</summary>
    internal const int MemoryAlignment = 4096;

    private byte* _memory;

    internal AlignedBuffer(int length)
    {
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)length, MemoryAlignment);
        Length = length;
        NativeMemory.Clear(_memory, (nuint)length);
        GC.AddMemoryPressure(length);
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
        GC.RemoveMemoryPressure(Length);
    }
}
