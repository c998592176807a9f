using LogEngine.Storage;

namespace LogEngine;

/// <summary>Reads a snapshot file from its beginning to its end.</summary>
/// <remarks>
/// Every byte handed out has been verified. A damaged block is reported when it is reached, and
/// again by every later call. Thread-safe: calls run one after the other.
/// </remarks>
public sealed class SnapshotFileReader : IAsyncDisposable, IDisposable
{
    private readonly SnapshotSource _source;

    // Held by the one call that uses _source. Never disposed: it has no wait handle.
    private readonly SemaphoreSlim _gate = new(1, 1);
    private bool _closed; // under _gate

    internal SnapshotFileReader(SnapshotSource source) => _source = source;

    /// <summary>Log sequence that the content stands for; 0 where it has none.</summary>
    public long LogSequence => _source.Header.LogSequence;

    /// <summary>The payload's own version, as its writer gave it.</summary>
    public uint ContentVersion => _source.Header.ContentVersion;

    /// <summary>Length of the whole payload in bytes.</summary>
    public long PayloadLength => _source.Header.PayloadLength;

    /// <summary>Reads the next bytes, blocking.</summary>
    /// <param name="buffer">Where to; at most 64 KiB are read at once.</param>
    /// <returns>Bytes read: possibly fewer than asked for, and 0 only at the end.</returns>
    /// <exception cref="CorruptionException">The next block is damaged.</exception>
    /// <exception cref="StorageIOException">The read failed.</exception>
    public int Read(Span<byte> buffer)
    {
        _gate.Wait();
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _source.Read(buffer);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Reads the next bytes.</summary>
    /// <param name="buffer">Where to, owned by the call until it completes.</param>
    /// <param name="cancellationToken">Observed before anything is read.</param>
    /// <returns>Bytes read: possibly fewer than asked for, and 0 only at the end.</returns>
    /// <exception cref="CorruptionException">The next block is damaged.</exception>
    /// <exception cref="StorageIOException">The read failed.</exception>
    public async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return _source.NeedsDisk
                ? await Task.Run(() => _source.Read(buffer.Span), CancellationToken.None)
                    .ConfigureAwait(false)
                : _source.Read(buffer.Span);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Closes the file. Idempotent; waits for a call in flight; never throws.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            _closed = true;
            _source.Dispose();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose()
    {
        _gate.Wait();
        try
        {
            _closed = true;
            _source.Dispose();
        }
        finally
        {
            _gate.Release();
        }
    }
}
