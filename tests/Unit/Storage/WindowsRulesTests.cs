using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>What Windows's codes and paths mean: rules that need no Windows.</summary>
public sealed class WindowsRulesTests
{
    /// <summary>
    /// Passed on as they are, ERROR_CRC (23) was 'too many open files', after which a log goes on, and 27
    /// and 28, sector not found and no paper, were a full disk.
    /// </summary>
    [Theory]
    [InlineData(23, "a checksum of the disk")]
    [InlineData(27, "a sector that is not found")]
    [InlineData(28, "an odd code")]
    [InlineData(122, "a buffer that is too small, not a quota")]
    [InlineData(2404, "a code that nobody knows")]
    [InlineData(21, "a drive that is not ready")]
    [InlineData(53, "a network path that is gone")]
    [InlineData(59, "a network error")]
    [InlineData(64, "a network name that is gone")]
    [InlineData(1117, "the device")]
    [InlineData(995, "an operation that was given up")]
    public void H3_What_may_be_a_failing_disk_is_an_IO_error(int code, string what)
    {
        Assert.True(WindowsError.ToErrno(code) == Errno.Io, what);
        StorageIOException error = Assert.IsType<StorageIOException>(
            WindowsError.ToException("read", "file", code));
        Assert.Equal(Errno.Io, error.ErrorNumber);
        Assert.Contains($"Windows error {code}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(39)]
    [InlineData(112)]
    [InlineData(223)]
    [InlineData(1295)]
    public void H3_A_full_disk_is_one(int code) =>
        Assert.IsType<StorageFullException>(WindowsError.ToException("write", "file", code));

    [Theory]
    [InlineData(2, Errno.NotFound)]
    [InlineData(3, Errno.NotFound)]
    [InlineData(4, Errno.TooManyFiles)]
    [InlineData(5, Errno.AccessDenied)]
    [InlineData(8, Errno.NoMemory)]
    [InlineData(19, Errno.ReadOnly)]
    [InlineData(32, Errno.Busy)]
    [InlineData(33, Errno.Busy)]
    [InlineData(80, Errno.Exists)]
    [InlineData(87, Errno.Invalid)]
    [InlineData(183, Errno.Exists)]
    [InlineData(267, Errno.NotDirectory)]
    [InlineData(303, Errno.Busy)]
    [InlineData(1314, Errno.NotPermitted)]
    public void H3_A_code_is_the_error_that_it_means(int code, int expected) =>
        Assert.Equal(expected, WindowsError.ToErrno(code));

    [Fact]
    public void H3_Only_codes_that_say_so_are_harmless()
    {
        int[] full = [39, 112, 223, 1295];
        for (int code = 0; code < 20_000; code++)
        {
            int error = WindowsError.ToErrno(code);
            Assert.Equal(full.Contains(code), Errno.IsFull(error));
            Assert.Equal(code is 1 or 50 or 120, Errno.IsUnsupported(error));
            Assert.Equal(code == 4, Errno.IsOutOfDescriptors(error));
            Assert.Equal(code is 2 or 3, error == Errno.NotFound);
        }
    }

    [Fact]
    public void H4_Another_program_is_waited_for_and_a_failing_disk_is_not()
    {
        WindowsPatience patience = new();
        Assert.True(patience.WorthAnother(WindowsError.SharingViolation));
        Assert.True(patience.WorthAnother(WindowsError.AccessDenied));
        Assert.False(patience.WorthAnother(23));
        Assert.False(patience.WorthAnother(112));
        Assert.False(patience.WorthAnother(2));
    }

    [Theory]
    [InlineData(@"C:\data\log", @"\\?\C:\data\log")]
    [InlineData(@"C:\", @"\\?\C:\")]
    [InlineData(@"\\server\share\log", @"\\?\UNC\server\share\log")]
    [InlineData(@"\\?\C:\data", @"\\?\C:\data")]
    [InlineData(@"\\.\pipe\x", @"\\.\pipe\x")]
    public void H4_A_full_path_is_taken_as_it_is(string path, string expected) =>
        Assert.Equal(expected, WindowsPath.Prefixed(path));

    [Theory]
    [InlineData(true, true, null)]
    [InlineData(false, true, "64-bit process")]
    [InlineData(true, false, "little-endian")]
    public void I2_What_it_does_not_run_on_is_said(bool is64Bit, bool isLittle, string? said)
    {
        string? reason = Platform.FindWhyNot(is64Bit, isLittle);
        Assert.True(said is null ? reason is null : reason!.Contains(said, StringComparison.Ordinal));
        Assert.Null(Platform.WhyNot);
    }
}
