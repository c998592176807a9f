using System.Diagnostics;

namespace LogEngine.Platforms;

/// <summary>
/// What a container does to a process, made without one: a user that nobody knows, a file system that
/// cannot be written, few descriptors, little memory, an end by SIGTERM. docs/containers.md says the same.
/// </summary>
public sealed class ContainerTests : IDisposable
{
    private const string User = "54321";
    private const string Group = "54322";

    private readonly ScratchDirectory _scratch = new();
    private readonly string _program;

    public ContainerTests() => _program = PortableRunner.CopyTo(_scratch.Sibling("program"));

    public void Dispose() => _scratch.Dispose();

    [SkippableFact]
    public async Task A_user_without_name_home_or_rights_runs_an_engine()
    {
        Tools.Require("setpriv");
        string volume = Volume(User, Group, "700");

        (int code, string output) = await RunAsync(
            "setpriv", [.. AsUser(User, Group), "dotnet", _program, "shop", volume]);

        Assert.True(code == 0, output);
        Assert.Contains("kept 500", output, StringComparison.Ordinal);
        Assert.Equal(
            $"{User}:{Group}",
            Tools.Run("stat", "-c", "%u:%g", Path.Combine(volume, "LOCK")).Trim());
    }

    /// <summary>
    /// A volume for a group, as Kubernetes makes it with fsGroup: the next pod has another user.
    /// </summary>
    [SkippableFact]
    public async Task Users_of_one_group_take_turns_where_the_umask_lets_them()
    {
        Tools.Require("setpriv");
        string volume = Volume("0", Group, "2770");
        foreach (string user in (string[])["54331", "54332", "54331"])
        {
            (int code, string output) = await RunAsync(
                "sh",
                [
                    "-c",
                    $"umask 007; exec setpriv {string.Join(' ', AsUser(user, Group))} "
                    + $"dotnet {_program} shop {volume}",
                ]);
            Assert.True(code == 0, output);
            Assert.Contains("kept 500", output, StringComparison.Ordinal);
        }

        foreach (string line in Tools.Run(
            "find", volume, "-type", "f", "-printf", "%G %m %f\\n")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.StartsWith($"{Group} 660 ", line, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task A_root_that_cannot_be_written_needs_a_volume_and_nothing_else()
    {
        Tools.Require("unshare", "mount", "setpriv");
        string volume = Volume("0", "0", "700");

        (int code, string output) = await RunAsync(
            "unshare",
            [
                "-m",
                "sh",
                "-c",
                $"mount -t tmpfs tmpfs {volume} && mount -o remount,bind,ro / || exit 77; "
                + $"touch {volume}/../x 2>/dev/null && exit 78; "
                + $"exec dotnet {_program} shop {volume}",
            ]);

        Skip.If(code == 77, $"the root cannot be mounted read-only here: {output}");
        Assert.True(code == 0, output);
        Assert.Contains("kept 500", output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Ninety_six_descriptors_are_enough_for_an_engine()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "ulimit");

        (int code, string output) = await RunAsync(
            "sh", ["-c", $"ulimit -n 96; exec dotnet {_program} shop {_scratch.Path}"]);

        Assert.True(code == 0, output);
        Assert.Contains("kept 500", output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Little_memory_is_enough_for_an_engine()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "a limit of the garbage collector's");

        // 48 MiB for the managed heap, which is also what the runtime then says it may use.
        (int code, string output) = await RunAsync(
            "env",
            ["DOTNET_GCHeapHardLimit=0x3000000", "dotnet", _program, "shop", _scratch.Path]);

        Assert.True(code == 0, output);
        Assert.Contains("kept 500", output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task SIGTERM_ends_a_hosted_worker_with_a_closed_engine()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "kill");
        using Process host = Start("dotnet", [_program, "host", _scratch.Path]);
        Task<string> errors = host.StandardError.ReadToEndAsync();
        string? line;
        do
        {
            line = await host.StandardOutput.ReadLineAsync().WaitAsync(PortableRunner.Patience);
        }
        while (line is not (null or "started"));

        Assert.True(line is not null, line is null ? await errors : null);
        Tools.Run("kill", "-TERM", $"{host.Id}");
        await host.WaitForExitAsync().WaitAsync(PortableRunner.Patience);

        Assert.True(host.ExitCode == 0, await errors);
        DirectoryStat stat = await LogDirectory.StatAsync(_scratch.Path);
        Assert.Equal(InspectedTail.Sealed, stat.Tail);
        Assert.False(stat.HasWriter);
    }

    private static string[] AsUser(string user, string group) =>
    [
        $"--reuid={user}", $"--regid={group}", "--clear-groups", "--inh-caps=-all",
        "env", "-u", "HOME", "-u", "DOTNET_CLI_HOME", "-u", "TMPDIR",
    ];

    private static async Task<(int Code, string Output)> RunAsync(
        string program, string[] arguments)
    {
        using Process process = Start(program, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(PortableRunner.Patience);
        return (process.ExitCode, await output + await errors);
    }

    private static Process Start(string program, string[] arguments) => Tools.Start(
        new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,

            // Not the checkout's, where a user that nobody knows may not look.
            WorkingDirectory = "/",
        });

    /// <summary>A directory for the store, and a way to it for everybody.</summary>
    private string Volume(string user, string group, string mode)
    {
        Directory.CreateDirectory(_scratch.Path);
        Tools.Run("chmod", "755", _scratch.Sibling("."));
        Tools.Run("chown", $"{user}:{group}", _scratch.Path);
        Tools.Run("chmod", mode, _scratch.Path);
        (int code, _) = Tools.Try(
            "setpriv", [.. AsUser(User, Group), "dotnet", "--list-runtimes"]);
        Skip.If(code != 0, "another user may not start dotnet here");
        return _scratch.Path;
    }
}
