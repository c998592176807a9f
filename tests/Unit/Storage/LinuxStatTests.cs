using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

public sealed class LinuxStatTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>musl before 1.2.5, which Alpine had up to 3.19, has no function of that name.</summary>
    [SkippableFact]
    public unsafe void H6_The_kernel_says_the_same_when_it_is_called_by_number()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "statx");
#pragma warning disable CA1416 // skipped above
        File.WriteAllText(_directory["file"], "some bytes");
        using FileDescriptor open = Posix.OpenFile(
            PosixPlace.Of(_directory["file"]), PosixNative.OpenReadOnly, OpenExtras.None);
        LinuxNative.Statx byName;
        LinuxNative.Statx byNumber;
        Assert.Equal(
            0,
            LinuxNative.Stat(
                open, string.Empty, LinuxNative.EmptyPath, LinuxNative.StatBasic, &byName));
        Assert.Equal(
            0,
            LinuxStat.GetByNumber(
                open, string.Empty, LinuxNative.EmptyPath, LinuxNative.StatBasic, &byNumber));
        Assert.Equal(10, byNumber.Size);
        Assert.Equal(
            (byName.Inode, byName.Mode, byName.Links, byName.DeviceMajor, byName.DeviceMinor),
            (byNumber.Inode, byNumber.Mode, byNumber.Links, byNumber.DeviceMajor,
                byNumber.DeviceMinor));

        Assert.Equal(
            -1,
            LinuxStat.GetByNumber(
                FileDescriptor.WorkingDirectory,
                _directory["none"],
                0,
                LinuxNative.StatBasic,
                &byNumber));
        Assert.Equal(Errno.NotFound, Posix.Error);
#pragma warning restore CA1416
    }
}
