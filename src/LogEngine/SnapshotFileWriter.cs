using LogEngine.Storage;

namespace LogEngine;

/// <summary>
/// A snapshot file being written, of any size and in any number of pieces. Nothing of it is visible
/// under the target's name before <see cref="CommitAsync"/>.
/// </summary>
/// <remarks>
/// Thread-safe: calls run one after the other, in no promised order. A call that fails abandons the
/// file; after a failure, a commit or disposal every call but disposing is an
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
public sealed class SnapshotFileWriter : IAsyncDisposable, IDisposable
{
    private readonly SnapshotStaging _staging;

    // Held by the one call that uses _staging. Never disposed: it has no wait handle.
    private readonly SemaphoreSlim _gate = new(1, 1);

    internal SnapshotFileWriter(SnapshotStaging staging) => _staging = staging;

    /// <summary>Appends a piece of the payload; nothing is durable before the commit.</summary>
    /// <param name="bytes">The piece; it must not change until the task completes.</param>
    /// <param name="cancellationToken">Observed before the piece is taken.</param>
    /// <exception cref="StorageFullException">The disk is full; the file is abandoned.</exception>
    /// <exception cref="StorageIOException">A write failed; the file is abandoned.</exception>
    public async ValueTask WriteAsync(
        ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfClosed();
            if (bytes.Length <= _staging.BufferSpace)
            {
                // A copy into memory is not worth a change of thread.
                _staging.Write(bytes.Span);
            }
            else
            {
                await Task.Run(() => _staging.Write(bytes.Span), CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Appends a piece of the payload, blocking; durable only after the commit.</summary>
    /// <param name="bytes">The piece, copied or written before the call returns.</param>
    /// <exception cref="StorageFullException">The disk is full; the file is abandoned.</exception>
    /// <exception cref="StorageIOException">A write failed; the file is abandoned.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _gate.Wait();
        try
        {
            ThrowIfClosed();
            _staging.Write(bytes);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Syncs the data, renames it over the target and syncs the directory. On return the new
    /// content survives power loss.
    /// </summary>
    /// <param name="cancellationToken">
    /// Observed before anything is done, and then the file can still be committed; never after.
    /// </param>
    /// <exception cref="StorageFullException">No space; the old file is unchanged.</exception>
    /// <exception cref="StorageIOException">
    /// One of the three steps failed. The target is the old file, or, where only the directory's
    /// sync failed, the new one, of which it is then unknown whether it survives power loss.
    /// </exception>
    public async ValueTask CommitAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfClosed();
            await Task.Run(_staging.Commit, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Abandons the file unless it was committed: the temporary file is removed, the old one is
    /// untouched. Idempotent; waits for a call in flight; never throws.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            _staging.Dispose();
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
            _staging.Dispose();
        }
        finally
        {
            _gate.Release();
        }
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_staging.IsClosed, this);
}
