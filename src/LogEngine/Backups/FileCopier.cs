using LogEngine.Storage;

namespace LogEngine.Backups;

/// <summary>Copies files: bytes, never links; durable and out of the cache on return.</summary>
internal sealed class FileCopier : IDisposable
{
    private const int BufferBytes = 1 << 20;

    private readonly IFileSystem _files;
    private readonly BackupMeter _meter;
    private readonly CancellationToken _cancellation;
    private readonly AlignedBuffer _buffer = new(BufferBytes, zeroed: false);

    /// <param name="files">Where to.</param>
    /// <param name="meter">Is told of every piece.</param>
    /// <param name="cancellation">Stops between two pieces.</param>
    internal FileCopier(IFileSystem files, BackupMeter meter, CancellationToken cancellation)
    {
        _files = files;
        _meter = meter;
        _cancellation = cancellation;
    }

    /// <summary>
    /// Copies the first bytes of a file to a new one. Its name is durable only after the directory
    /// has been synced.
    /// </summary>
    /// <exception cref="CorruptionException">The source is shorter.</exception>
    internal void Copy(IStorageFile source, long length, string path)
    {
        using IStorageFile target = _files.Open(path, OpenFlags.CreateNew);
        for (long at = 0; at < length;)
        {
            _cancellation.ThrowIfCancellationRequested();
            Span<byte> piece = _buffer.Span[..(int)Math.Min(BufferBytes, length - at)];
            int read = source.Read(piece, at);
            if (read < piece.Length)
            {
                throw new CorruptionException(
                    source.Path, at + read, $"the file ends here, {length} is named as its end");
            }

            target.Write(piece, at, dataSync: false);
            at += read;
            _meter.Add(source.Path, read);
        }

        // What is verified next comes from the device, not from what we have just written.
        target.DataSync();
        target.DropCache();
    }

    public void Dispose() => _buffer.Dispose();
}
