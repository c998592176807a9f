namespace LogEngine;

/// <summary>A value that was read, with bytes of its own. Dispose it to give its memory back.</summary>
/// <remarks>Not thread-safe. Its memory must not be used after disposal.</remarks>
public sealed class StoredValue : IDisposable
{
    private readonly int _length;
    private readonly ValueInfo _info;
    private byte[]? _array;

    private readonly bool _pooled;

    internal StoredValue(byte[] pooled, int length, ValueInfo info)
    {
        _array = pooled;
        _length = length;
        _info = info;
        _pooled = true;
    }

    /// <summary>For engines: a value in an array of its own.</summary>
    /// <param name="bytes">The value; nobody changes it any more.</param>
    /// <param name="info">Version and expiry.</param>
    public StoredValue(byte[] bytes, ValueInfo info)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        _array = bytes;
        _length = bytes.Length;
        _info = info;
    }

    /// <summary>The value's bytes, verified; valid until disposal.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public ReadOnlyMemory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_array is null, this);
            return _array.AsMemory(0, _length);
        }
    }

    /// <summary>Sequence of the write that made it.</summary>
    public long Version => _info.Version;

    /// <summary>From when it is absent; null for never.</summary>
    public DateTimeOffset? ExpiresAt => _info.ExpiresAt;

    /// <summary>Gives the memory back. Idempotent.</summary>
    public void Dispose()
    {
        if (_pooled && _array is { Length: > 0 } array)
        {
            RentedBytes.Return(array);
        }

        _array = null;
    }
}

/// <summary>What is known of a value besides its bytes.</summary>
/// <param name="Version">
/// Sequence of the write that made it. Above the engine's durable sequence it may belong to another
/// write after a power loss.
/// </param>
/// <param name="ExpiresAt">From when it is absent; null for never.</param>
public readonly record struct ValueInfo(long Version, DateTimeOffset? ExpiresAt);
