using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace LogEngine.Packaging;

/// <summary>
/// The tool as one native file, without a warning, and that file at work. It takes minutes of a processor, so it
/// runs where LOGENGINE_AOT is set.
/// </summary>
public sealed partial class NativeToolTests
{
    [SkippableFact]
    public async Task The_tool_is_published_as_a_native_file_without_a_warning_and_runs()
    {
        Skip.If(
            Environment.GetEnvironmentVariable("LOGENGINE_AOT") is null,
            "LOGENGINE_AOT is not set: it takes minutes");
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("logengine-native-");
        try
        {
            string made = Path.Combine(scratch.FullName, "made");
            (int code, string output) = await DotNet.RunAsync(
                "publish",
                Path.Combine("src", "LogEngine.Cli"),
                "-c",
                "Release",
                "-r",
                RuntimeInformation.RuntimeIdentifier,
                "-p:PublishAot=true",
                "-p:RunAnalyzers=false",
                "--artifacts-path",
                Path.Combine(scratch.FullName, "built"),
                "-o",
                made);
            Skip.If(
                code != 0 && MissingPack().IsMatch(output),
                $"nothing to compile with here: {MissingPack().Match(output).Value}");
            Assert.True(code == 0, output);
            Assert.DoesNotMatch("warning [A-Z]+[0-9]+", output);

            string tool = Path.Combine(
                made, OperatingSystem.IsWindows() ? "LogEngine.Cli.exe" : "LogEngine.Cli");
            string store = Path.Combine(scratch.FullName, "store");
            string copy = Path.Combine(scratch.FullName, "copy");
            string dump = Path.Combine(scratch.FullName, "dump.jsonl");
            foreach ((string[] line, string expected) in ((string[], string)[])
                [
                    (["kv", "put", store, "k", "a", "1"], "2"),
                    (["queue", "send", store, "q", "x", "--header", "a=b"], "1"),
                    (["queue", "peek", store, "q", "--json"], "\"headers\":{\"a\":\"b\"}"),
                    (["topic", "append", store, "t", "x"], "1"),
                    (["ls", store], "topic"),
                    (["stat", store, "--json"], "\"kind\":\"storage engine\""),
                    (["verify", store], "sound"),
                    (["top", store], "queue"),
                    (["dump", store, "--out", dump], ""),
                    (["load", copy, dump], "1 keys"),
                    (["--help"], "Examples:"),
                ])
            {
                (code, output) = await DotNet.RunProgramAsync(tool, line);
                Assert.True(code == 0, $"{string.Join(' ', line)}: {output}");
                Assert.Contains(expected, output, StringComparison.Ordinal);
            }
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    [GeneratedRegex(
        @"error NU1\d\d\d: [^\n]*(ILCompiler|Runtime)[^\n]*|Platform linker [^\n]* not found[^\n]*")]
    private static partial Regex MissingPack();
}
