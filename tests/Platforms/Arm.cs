using System.Diagnostics;

namespace LogEngine.Platforms;

/// <summary>
/// Programs for arm64 in an emulated processor on this kernel. It is no test of memory order: the emulator
/// of an x64 machine reorders no more than that does.
/// </summary>
internal sealed class Arm() : Emulation("linux-arm64")
{
    private const string Libraries = "/usr/aarch64-linux-gnu";

    private static readonly string? _program =
        Tools.Find("qemu-aarch64-static") ?? Tools.Find("qemu-aarch64");

    internal static Arm Require()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "an emulated processor on a Linux kernel");
        Skip.If(_program is null, "qemu-user-static is not installed");
        Skip.IfNot(
            File.Exists($"{Libraries}/lib/libstdc++.so.6"),
            "libc6-arm64-cross and libstdc++6-arm64-cross are not installed");
        return new Arm();
    }

    protected override ProcessStartInfo StartOf(string host)
    {
        ProcessStartInfo start = new(_program!);
        start.ArgumentList.Add(Path.Combine(host, RuntimeHost.Name));
        start.Environment["QEMU_LD_PREFIX"] = Libraries;
        start.Environment["DOTNET_TieredPGO"] = "0";
        return start;
    }
}
