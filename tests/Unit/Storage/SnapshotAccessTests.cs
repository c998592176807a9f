using System.Globalization;
using System.Runtime.Versioning;
using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>
/// Case E4: a state file that only some may read was replaced by one that everybody may. Case E5: names
/// that are almost as long as names can be, and a file that is mounted by itself.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class SnapshotAccessTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Shared =
        OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private readonly TempDirectory _directory = new();

    private string Target => _directory["state"];

    public void Dispose() => _directory.Dispose();

    [SkippableTheory]
    [InlineData(OwnerOnly)]
    [InlineData(Shared)]
    [InlineData(Shared | UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.UserRead)]
    public async Task E4_A_file_that_is_replaced_keeps_its_mode(UnixFileMode mode)
    {
        RequireUnix();
        await SnapshotFile.SaveAsync(Target, new byte[10]);
        File.SetUnixFileMode(Target, mode);

        await SnapshotFile.SaveAsync(Target, new byte[20]);

        Assert.Equal(mode, File.GetUnixFileMode(Target));
        Assert.Equal(20, (await SnapshotFile.LoadAsync(Target)).Payload.Length);
    }

    [SkippableFact]
    public async Task E4_Not_for_a_moment_may_others_read_what_is_staged()
    {
        RequireUnix();
        await SnapshotFile.SaveAsync(Target, new byte[10]);
        File.SetUnixFileMode(Target, OwnerOnly);

        await using SnapshotFileWriter writer = await SnapshotFile.CreateAsync(Target);

        string staged = Assert.Single(
            _directory.Names(), name => FileNames.IsTempOf(name, "state"));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(_directory[staged]));
    }

    [SkippableFact]
    public async Task E4_Owner_and_group_are_kept_by_who_may_give_files_away()
    {
        RequireUnix();
        Skip.IfNot(Environment.IsPrivilegedProcess, "giving a file away needs root");
        await SnapshotFile.SaveAsync(Target, new byte[10]);
        Tools.Run("chown", "4321:8765", Target);
        File.SetUnixFileMode(Target, Shared);

        await SnapshotFile.SaveAsync(Target, new byte[20]);

        Assert.Equal("4321 8765 660", OwnersOf(Target));
    }

    [SkippableFact]
    public async Task E4_A_manifest_keeps_its_mode_and_a_new_file_follows_the_directory()
    {
        RequireUnix();
        Skip.IfNot(Environment.IsPrivilegedProcess, "giving a directory away needs root");
        string store = _directory["store"];
        Directory.CreateDirectory(store);

        // A directory of a group: what is made in it belongs to the group.
        Tools.Run("chown", "0:8765", store);
        Tools.Run("chmod", "2775", store);
        await (await SmallLogs.OpenAsync(store)).CloseAsync();
        Assert.All(
            Directory.GetFiles(store),
            f => Assert.Equal("8765", OwnersOf(f).Split(' ')[1]));

        foreach (string name in (string[])["manifest-a", "manifest-b"])
        {
            File.SetUnixFileMode(Path.Combine(store, name), Shared);
        }

        await (await SmallLogs.OpenAsync(store)).CloseAsync();
        Assert.Equal(Shared, File.GetUnixFileMode(Path.Combine(store, "manifest-a")));
        Assert.Equal(Shared, File.GetUnixFileMode(Path.Combine(store, "manifest-b")));
    }

    [SkippableFact]
    public async Task E4_A_link_is_replaced_and_what_it_leads_to_says_nothing()
    {
        RequireUnix();
        await SnapshotFile.SaveAsync(_directory["other"], new byte[10]);
        File.SetUnixFileMode(_directory["other"], OwnerOnly | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Target, _directory["other"]);

        await SnapshotFile.SaveAsync(Target, new byte[20]);

        Assert.Null(new FileInfo(Target).LinkTarget);
        Assert.False(File.GetUnixFileMode(Target).HasFlag(UnixFileMode.UserExecute));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(122)]
    [InlineData(123)]
    [InlineData(234)]
    [InlineData(235)]
    [InlineData(255)]
    public async Task E5_Every_name_that_the_file_system_takes_can_be_saved(int length)
    {
        string target = _directory[new string('n', length)];
        await SnapshotFile.SaveAsync(target, new byte[10]);
        await SnapshotFile.SaveAsync(target, new byte[20]);

        Assert.Equal(20, (await SnapshotFile.LoadAsync(target)).Payload.Length);
        Assert.Single(_directory.Names());
    }

    [Fact]
    public async Task E5_A_long_name_in_another_script_can_be_saved_and_its_leftovers_are_swept()
    {
        // 85 characters of three bytes each; cut anywhere else they are no text.
        string name = string.Concat(Enumerable.Repeat("\u8a9e", 84)) + "abc";
        string dead = FileNames.NewTemp(_directory[name]);
        File.WriteAllText(dead, "left");
        Assert.True(FileNames.IsTempOf(Path.GetFileName(dead), name));
        Assert.False(FileNames.IsTempOf(Path.GetFileName(dead), name + "d"));
        Assert.True(System.Text.Encoding.UTF8.GetByteCount(Path.GetFileName(dead)) <= 143);

        await SnapshotFile.SaveAsync(_directory[name], new byte[20]);

        Assert.Equal([name], _directory.Names());
    }

    [Fact]
    public async Task E5_A_name_that_is_too_long_is_an_error_that_names_it()
    {
        string target = _directory[new string('n', 256)];

        StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
            async () => await SnapshotFile.SaveAsync(target, new byte[10]));

        Assert.Contains(target, error.Message, StringComparison.Ordinal);
        Assert.Empty(_directory.Names());
    }

    [SkippableFact]
    public async Task E5_A_file_that_is_mounted_by_itself_says_why_it_cannot_be_replaced()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "bind mounts");
        Skip.IfNot(Environment.IsPrivilegedProcess, "mounting needs root");
        await SnapshotFile.SaveAsync(_directory["source"], new byte[10]);
        File.WriteAllText(Target, string.Empty);
        Skip.If(
            Tools.Try("mount", "--bind", _directory["source"], Target).Code != 0,
            "no right to mount here");
        try
        {
            StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
                async () => await SnapshotFile.SaveAsync(Target, new byte[20]));

            Assert.Equal(Target, error.Path);
            Assert.Equal(Errno.Busy, error.ErrorNumber);
            Assert.Contains("mount point", error.Message, StringComparison.Ordinal);
            Assert.Equal(10, (await SnapshotFile.LoadAsync(Target)).Payload.Length);
        }
        finally
        {
            Tools.Run("umount", Target);
        }
    }

    private static void RequireUnix() =>
        Skip.If(OperatingSystem.IsWindows(), "files there have no mode");

    private static string OwnersOf(string path)
    {
        using System.Diagnostics.Process stat = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%u %g %a", path])
            {
                RedirectStandardOutput = true,
            })!;
        string said = stat.StandardOutput.ReadToEnd();
        stat.WaitForExit();
        return said.Trim().ToString(CultureInfo.InvariantCulture);
    }
}
