using LogEngine.Storage;

namespace LogEngine.Unit.Log;

/// <summary>A file in memory, of random bytes, whose reads can be held up and made to fail.</summary>
internal sealed class StoredBytes : IStorageFile
{
    internal StoredBytes(int length) => Bytes = Payloads.Of(length, 1);

    internal byte[] Bytes { get; }

    /// <summary>A read that reaches this offset fails.</summary>
    internal int FailsFrom { get; set; } = int.MaxValue;

    /// <summary>Reads of any other thread wait for <see cref="Release"/>; 0 for none.</summary>
    internal int OnlyThread { get; set; }

    internal ManualResetEventSlim Held { get; } = new();

    internal ManualResetEventSlim Release { get; } = new();

    internal bool IsDisposed { get; private set; }

    internal bool ReadAfterDisposal { get; private set; }

    public string Path => "stored";

    public bool IsDirect => false;

    public FileIdentity GetIdentity() => new(1, 1, 1);

    public long GetLength() => Bytes.Length;

    public int Read(Span<byte> buffer, long offset)
    {
        if (OnlyThread != 0 && OnlyThread != Environment.CurrentManagedThreadId)
        {
            Held.Set();
            Release.Wait();
        }

        ReadAfterDisposal |= IsDisposed;
        int length = (int)Math.Clamp(Bytes.Length - offset, 0, buffer.Length);
        if (offset + length > FailsFrom)
        {
            throw new StorageIOException("read", Path, Errno.Io, "I/O error");
        }

        Bytes.AsSpan((int)offset, length).CopyTo(buffer);
        return length;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync) =>
        throw new NotSupportedException();

    public void DataSync() => throw new NotSupportedException();

    public void SetLength(long length) => throw new NotSupportedException();

    public bool Allocate(long offset, long length) => throw new NotSupportedException();

    public void DropCache() => throw new NotSupportedException();

    public void Dispose() => IsDisposed = true;
}
