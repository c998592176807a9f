using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Properties;

/// <summary>
/// A dead directory in memory that can only be read: opening it takes microseconds, so every byte
/// of a log can be changed in turn.
/// </summary>
internal sealed class MemoryDirectory : IFileSystem
{
    internal const string Root = "/dead";

    private readonly Dictionary<string, byte[]> _files;

    private MemoryDirectory(Dictionary<string, byte[]> files) => _files = files;

    internal IReadOnlyDictionary<string, byte[]> Files => _files;

    internal static MemoryDirectory CopyOf(string directory) => new(
        Directory.GetFiles(directory).ToDictionary(
            path => System.IO.Path.GetFileName(path), File.ReadAllBytes));

    /// <summary>The same directory with other bytes in one file.</summary>
    internal MemoryDirectory With(string name, byte[] bytes) =>
        new(new Dictionary<string, byte[]>(_files) { [name] = bytes });

    /// <summary>Writes it to a real directory.</summary>
    internal void WriteTo(string directory)
    {
        Directory.CreateDirectory(directory);
        foreach ((string name, byte[] bytes) in _files)
        {
            File.WriteAllBytes(System.IO.Path.Combine(directory, name), bytes);
        }
    }

    internal ValueTask<WriteAheadLog> OpenAsync() => WriteAheadLog.OpenAsync(
        LogEnvironment.Real with { Files = this },
        Root,
        new WriteAheadLogOptions { ReadOnly = true },
        CancellationToken.None);

    public bool DirectoryExists(string path) => path == Root;

    public FileIdentity? TryIdentify(string path) =>
        path == Root ? new FileIdentity(1, 1, 1) : null;

    public IHeldDirectory Hold(string directory) => new DirectoryByPath(this, directory, null);

    public void KeepAccess(string of, IStorageFile on) => throw new NotSupportedException();

    public IReadOnlyList<string> ListFiles(string directory) => [.. _files.Keys];

    public IStorageFile Open(string path, OpenFlags flags)
    {
        if (flags.HasFlag(OpenFlags.Write))
        {
            throw new NotSupportedException();
        }

        return _files.TryGetValue(System.IO.Path.GetFileName(path), out byte[]? bytes)
            ? new MemoryFile(path, bytes)
            : throw new StorageIOException("open", path, Errno.NotFound, "no such file");
    }

    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        throw new StorageIOException("open", path, Errno.NotFound, "no such file");

    public bool? IsLockedExclusively(string path) => false;

    public StorageFacts Probe(string directory, bool tryDirect) =>
        new("memory", false, "in memory", 4096, 4096);

    public void CreateDirectory(string path) => throw new NotSupportedException();

    public void Rename(string source, string target) => throw new NotSupportedException();

    public bool Unlink(string path) => throw new NotSupportedException();

    public void SyncDirectory(string path) => throw new NotSupportedException();

    private sealed class MemoryFile(string path, byte[] bytes) : IStorageFile
    {
        public string Path => path;

        public bool IsDirect => false;

        public FileIdentity GetIdentity() => new(1, 1, 1);

        public long GetLength() => bytes.Length;

        public int Read(Span<byte> buffer, long offset)
        {
            int count = (int)Math.Clamp(bytes.Length - offset, 0, buffer.Length);
            bytes.AsSpan((int)Math.Min(offset, bytes.Length), count).CopyTo(buffer);
            return count;
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync) =>
            throw new NotSupportedException();

        public void DataSync() => throw new NotSupportedException();

        public void SetLength(long length) => throw new NotSupportedException();

        public bool Allocate(long offset, long length) => throw new NotSupportedException();

        public void DropCache()
        {
        }

        public void Dispose()
        {
        }
    }
}
