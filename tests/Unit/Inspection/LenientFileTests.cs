using LogEngine.Inspection;
using LogEngine.Storage;

namespace LogEngine.Unit.Inspection;

public sealed class LenientFileTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Unreadable_block_reads_as_zeros_and_is_reported_once()
    {
        Directory.CreateDirectory(_directory.Path);
        string path = _directory.File("x");
        byte[] bytes = Payloads.Of(5 * 4096, 1);
        File.WriteAllBytes(path, bytes);
        List<VerifyFinding> findings = [];
        using LenientFile file = new(new BadBlock(path, 2 * 4096), findings.Add);
        byte[] read = new byte[6 * 4096];

        Assert.Equal(bytes.Length, file.Read(read, 0));
        Assert.Equal(bytes.Length, file.Read(read, 0));

        bytes.AsSpan(2 * 4096, 4096).Clear();
        Assert.Equal(bytes, read[..bytes.Length]);
        VerifyFinding finding = Assert.Single(findings);
        Assert.Equal((path, 2 * 4096L), (finding.Path, finding.Offset));
    }

    /// <summary>A file in which one block cannot be read.</summary>
    private sealed class BadBlock(string path, long bad) : IStorageFile
    {
        private readonly IStorageFile _file = RealFileSystem.Instance.Open(path, OpenFlags.Read);

        public string Path => path;

        public bool IsDirect => false;

        public FileIdentity GetIdentity() => _file.GetIdentity();

        public long GetLength() => _file.GetLength();

        public int Read(Span<byte> buffer, long offset) =>
            offset < bad + 4096 && offset + buffer.Length > bad
                ? throw new StorageIOException("read", path, Errno.Io, "Input/output error")
                : _file.Read(buffer, offset);

        public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync) =>
            throw new NotSupportedException();

        public void DataSync() => throw new NotSupportedException();

        public void SetLength(long length) => throw new NotSupportedException();

        public bool Allocate(long offset, long length) => throw new NotSupportedException();

        public void DropCache() => _file.DropCache();

        public void Dispose() => _file.Dispose();
    }
}
