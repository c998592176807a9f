using System.Runtime.InteropServices;

namespace LogEngine.Index;

/// <summary>Native room for one key, and for a whole head written at its end.</summary>
internal sealed unsafe class KeyBuffer : IDisposable
{
    private byte* _start =
        (byte*)NativeMemory.Alloc(IndexLimits.MaxKeyBytes + Slot.HeadBytes);

    ~KeyBuffer() => Free();

    internal byte* Start => _start;

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(_start);
        _start = null;
    }
}
