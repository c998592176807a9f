using System.Numerics;
using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

public sealed class ProbeTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly IFileSystem _fs = RealFileSystem.Instance;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Alignments_are_powers_of_two_and_buffered_covers_direct(bool tryDirect)
    {
        StorageFacts facts = _fs.Probe(_directory.Path, tryDirect);

        Assert.True(facts.DirectAlignment >= 4096);
        Assert.True(BitOperations.IsPow2(facts.DirectAlignment));
        Assert.True(BitOperations.IsPow2(facts.BufferedAlignment));
        Assert.True(facts.BufferedAlignment >= facts.DirectAlignment);
        Assert.True(facts.BufferedAlignment >= Environment.SystemPageSize);
        Assert.NotEmpty(facts.FileSystemName);
    }

    [Fact]
    public void The_probe_leaves_nothing_behind_and_says_why_direct_is_off()
    {
        StorageFacts facts = _fs.Probe(_directory.Path, tryDirect: true);

        Assert.Empty(_directory.Names());
        Assert.Equal(facts.DirectSupported, facts.DirectReason is null);
    }

    [Fact]
    public void Without_trying_direct_is_off_without_a_reason()
    {
        StorageFacts facts = _fs.Probe(_directory.Path, tryDirect: false);

        Assert.False(facts.DirectSupported);
        Assert.Null(facts.DirectReason);
    }

    [Fact]
    public void Probing_a_missing_directory_is_not_found()
    {
        StorageIOException error = Assert.Throws<StorageIOException>(
            () => _fs.Probe(_directory["none"], tryDirect: true));

        Assert.Equal(Errno.NotFound, error.ErrorNumber);
    }

    [SkippableFact]
    public void The_file_system_is_named()
    {
        using MountedTmpfs mount = new("size=1m");

        Assert.Equal("tmpfs", _fs.Probe(mount.Path, tryDirect: false).FileSystemName);
        Assert.Equal("0x1234ABCD", LinuxFileSystems.NameOf(0x1234ABCD));
    }

    [SkippableFact]
    public void A_probe_that_cannot_write_reports_the_reason()
    {
        using MountedTmpfs mount = new("size=1m,ro");

        StorageFacts facts = _fs.Probe(mount.Path, tryDirect: true);

        Assert.False(facts.DirectSupported);
        Assert.Contains("Read-only file system", facts.DirectReason, StringComparison.Ordinal);
    }
}
