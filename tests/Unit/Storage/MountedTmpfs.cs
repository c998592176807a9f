using System.Diagnostics;

namespace LogEngine.Unit.Storage;

/// <summary>A small memory file system for one test, which it skips where it cannot.</summary>
internal sealed class MountedTmpfs : IDisposable
{
    private readonly TempDirectory _directory;

    internal MountedTmpfs(string options)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "tmpfs is Linux only");
        Skip.IfNot(Environment.IsPrivilegedProcess, "mounting needs root");
        _directory = new TempDirectory();
        int code = Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", _directory.Path);
        if (code != 0)
        {
            _directory.Dispose();
            Skip.If(true, $"mount failed with {code}: no right to mount here");
        }
    }

    internal string this[string name] => _directory[name];

    internal string Path => _directory.Path;

    internal string[] Names() => _directory.Names();

    public void Dispose()
    {
        Assert.Equal(0, Run("umount", _directory.Path));
        _directory.Dispose();
    }

    internal static int Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
