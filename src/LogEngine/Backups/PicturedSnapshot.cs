using LogEngine.Storage;

namespace LogEngine.Backups;

/// <summary>A listed snapshot of the index, open: it may be unlinked meanwhile.</summary>
/// <param name="Number">Number of its file.</param>
/// <param name="File">The open file.</param>
/// <param name="Header">Its header, which no other snapshot has: its salt is random.</param>
internal sealed record PicturedSnapshot(ulong Number, IStorageFile File, SnapshotHeader Header)
    : IDisposable
{
    /// <exception cref="CorruptionException">The header is damaged.</exception>
    internal static PicturedSnapshot Open(IFileSystem files, string path, ulong number)
    {
        IStorageFile file = files.Open(path, OpenFlags.Read);
        try
        {
            Span<byte> bytes = stackalloc byte[SnapshotHeader.Size];
            int read = file.Read(bytes, 0);
            return new PicturedSnapshot(
                number, file, SnapshotHeader.Read(bytes[..read], path, forWriting: true));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => File.Dispose();
}
