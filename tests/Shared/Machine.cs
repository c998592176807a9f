using LogEngine.Storage;

namespace LogEngine.Tests;

/// <summary>
/// What this machine lets a test do; what it does not is skipped with the reason.
/// </summary>
internal static class Machine
{
    private static readonly Lazy<StorageFacts> Facts = new(
        () => RealFileSystem.Instance.Probe(Path.GetTempPath(), tryDirect: true));

    /// <summary>
    /// Skips a test of direct I/O where the temporary directory does not take it.
    /// </summary>
    internal static void Require(IoMode mode)
    {
        string? reason = WhyNot(mode);
        Skip.If(reason is not null, reason);
    }

    /// <summary>Why files cannot be written so; null where they can.</summary>
    internal static string? WhyNot(IoMode mode) =>
        mode == IoMode.Direct && !Facts.Value.DirectSupported
            ? $"no direct I/O in {Path.GetTempPath()}: {Facts.Value.DirectReason}"
            : null;

    internal static void RequireRoot() => Skip.IfNot(
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess,
        "mounting a file system needs Linux and root");

    internal static void RequireLinux(string why) =>
        Skip.IfNot(OperatingSystem.IsLinux(), why);
}
