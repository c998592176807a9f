using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace LogEngine.Packaging;

/// <summary>
/// An application with all of it (engine, documents, queue, topic, checkpoints, host) is trimmed
/// without a warning, and what is left still works.
/// </summary>
public sealed partial class TrimmedTests
{
    [SkippableFact]
    public async Task A_trimmed_application_has_no_warning_and_runs()
    {
        Skip.If(
            AheadOfTimeTests.HasToolchain
                && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SECONDS")),
            "an application is compiled ahead of time, which trims it too; a long run (LOGENGINE_FAULT_SECONDS) does both");

        // Its own place for everything that is built: the checkout's assets stay as they are.
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("logengine-trimmed-");
        try
        {
            string built = Path.Combine(scratch.FullName, "built");
            (int code, string output) = await DotNet.RunAsync(
                "publish",
                Path.Combine("samples", "Shop"),
                "-c",
                "Release",
                "-r",
                RuntimeInformation.RuntimeIdentifier,
                "--self-contained",
                "-p:PublishTrimmed=true",
                "-p:RunAnalyzers=false",
                "--artifacts-path",
                built);
            Skip.If(
                code != 0 && MissingPack().IsMatch(output),
                $"nothing to trim with here: {MissingPack().Match(output).Value}");
            Assert.True(code == 0, output);
            Assert.DoesNotMatch("warning (IL|NETSDK)", output);
            string published = Directory.GetDirectories(
                Path.Combine(built, "publish", "Shop")).Single();
            string whole = Directory.GetFiles(
                Path.Combine(built, "bin"), "LogEngine.dll", SearchOption.AllDirectories)[0];
            Assert.True(
                new FileInfo(Path.Combine(published, "LogEngine.dll")).Length
                    < new FileInfo(whole).Length,
                "nothing of LogEngine was trimmed");
            (code, output) = await DotNet.RunProgramAsync(
                Path.Combine(published, OperatingSystem.IsWindows() ? "Shop.exe" : "Shop"),
                Path.Combine(scratch.FullName, "shop"));
            Assert.True(code == 0, output);
            Assert.Contains("120 orders of 120", output, StringComparison.Ordinal);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    // The runtime and the linker are packages too; without a source that has them, restoring fails.
    [GeneratedRegex(
        @"error NU1\d\d\d: [^\n]*Microsoft\.(NETCore|AspNetCore|NET)\.(App\.Runtime|ILLink)[^\n]*")]
    private static partial Regex MissingPack();
}
