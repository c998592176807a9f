using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>
/// A file whose unreadable blocks read as zeros, which never validate: what a medium has lost is
/// then damage like any other, with everything around it still there.
/// </summary>
internal sealed class LenientFile(IStorageFile file, Action<VerifyFinding> found) : IStorageFile
{
    private const int BlockBytes = FormatLimits.MinAlignment;

    private readonly HashSet<long> _reported = [];

    public string Path => file.Path;

    public bool IsDirect => file.IsDirect;

    public FileIdentity GetIdentity() => file.GetIdentity();

    public long GetLength() => file.GetLength();

    public int Read(Span<byte> buffer, long offset)
    {
        try
        {
            return file.Read(buffer, offset);
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.Io)
        {
            return ReadBlocks(buffer, offset);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync) => throw ReadOnly();

    public void DataSync() => throw ReadOnly();

    public void SetLength(long length) => throw ReadOnly();

    public bool Allocate(long offset, long length) => throw ReadOnly();

    public void DropCache() => file.DropCache();

    public void Dispose() => file.Dispose();

    private int ReadBlocks(Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int size = Math.Min(BlockBytes, buffer.Length - done);
            int read = ReadBlock(buffer.Slice(done, size), offset + done);
            done += read;
            if (read < size)
            {
                break;
            }
        }

        return done;
    }

    private int ReadBlock(Span<byte> block, long offset)
    {
        try
        {
            return file.Read(block, offset);
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.Io)
        {
            block.Clear();
            if (_reported.Add(offset))
            {
                found(new VerifyFinding(
                    FindingSeverity.Corruption, Path, offset, $"unreadable: {error.Message}"));
            }

            return block.Length;
        }
    }

    private InvalidOperationException ReadOnly() =>
        new($"'{Path}' is being inspected and must not be changed.");
}
