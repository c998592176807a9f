using System.CommandLine;
using System.Diagnostics;
using LogEngine.Cli;
using LogEngine.Cli.Help;

namespace LogEngine.Unit.Cli;

/// <summary>What the tool says of itself: examples, hints, completion.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> WithExamples => new(HelpExamples.Paths);

    [Theory]
    [MemberData(nameof(WithExamples))]
    public async Task Help_ends_with_examples_whose_options_exist(string path)
    {
        string[] words = path.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ToolResult help = await Tool.RunAsync([.. words, "--help"]);

        Assert.Equal(0, help.Code);
        string examples = help.Output[help.Output.IndexOf("Examples:", StringComparison.Ordinal)..];
        foreach (string example in HelpExamples.Of(path))
        {
            Assert.Contains(example, examples, StringComparison.Ordinal);
            AssertParses(example);
        }
    }

    [Fact]
    public async Task Help_without_examples_has_no_heading_for_them() => Assert.DoesNotContain(
        "Examples", (await Tool.RunAsync("snapshot", "--help")).Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("verfy x", "verify")]
    [InlineData("kv gte x k a", "get")]
    [InlineData("queue recieve x q", "receive")]
    [InlineData("topic pubish x t", "publish")]
    [InlineData("cat x --fromat json", "--format")]
    [InlineData("snap x", "snapshot")]
    public async Task A_word_that_is_close_to_one_that_there_is_gets_a_hint(string line, string meant) =>
        (await Tool.RunAsync(line.Split(' '))).AssertFailed(1, $"did you mean '{meant}'?");

    [Theory]
    [InlineData("zzz")]
    [InlineData("cat x --zzz")]
    [InlineData("x")]
    public async Task A_word_that_is_close_to_none_gets_none(string line)
    {
        ToolResult result = await Tool.RunAsync(line.Split(' '));
        Assert.Equal(1, result.Code);
        Assert.DoesNotContain("did you mean", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("ab", "ba", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    public void Edits_are_counted(string from, string to, int edits) =>
        Assert.Equal(edits, TypoHint.Distance(from, to));

    [Theory]
    [InlineData("kv ge", "get")]
    [InlineData("queue re", "receive replay")]
    [InlineData("kv get x k a --form", "--format")]
    [InlineData("kv get x k a --format ", "hex json raw")]
    [InlineData("kv get x k a --format j", "json")]
    [InlineData("kv get x k a --json --format j", "json")]
    [InlineData("completion ", "bash fish powershell zsh")]
    [InlineData("cat ", "")]
    public async Task A_command_line_is_completed(string line, string expected)
    {
        ToolResult result = await Tool.RunAsync(["complete", "--", .. line.Split(' ')]);

        Assert.Equal(
            expected, string.Join(' ', result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public async Task An_empty_command_line_is_completed_with_all_verbs()
    {
        string[] all = (await Tool.RunAsync("complete", "--", "")).Output.TrimEnd('\n').Split('\n');
        string[] next = (await Tool.RunAsync("complete", "--next", "--")).Output.TrimEnd('\n').Split('\n');
        ToolIO io = new(Stream.Null, Stream.Null, TextWriter.Null, ShowProgress: false);

        Assert.Equal(
            CommandLineTool.Root(io).Subcommands.Select(sub => sub.Name).Order(StringComparer.Ordinal), all);
        Assert.Equal(all, next);
    }

    [Theory]
    [InlineData("bash", "complete -o bashdefault")]
    [InlineData("zsh", "compdef _logengine")]
    [InlineData("fish", "complete -c logengine")]
    [InlineData("powershell", "Register-ArgumentCompleter")]
    public async Task A_script_for_each_shell_is_printed(string shell, string word) => Assert.Contains(
        word, (await Tool.RunAsync("completion", shell)).Output, StringComparison.Ordinal);

    /// <summary>The script in a real shell, with a tool that answers with what it was asked.</summary>
    [SkippableFact]
    public async Task The_script_for_bash_completes_in_bash()
    {
        Machine.RequireLinux("bash is expected");
        string script = (await Tool.RunAsync("completion", "bash")).Output;
        using Process bash = Process.Start(new ProcessStartInfo("bash", ["--norc", "-c",
            "logengine() { printf '%s\\n' \"$#\" \"${@: -1}x\"; }\n" + script
            + "\nCOMP_WORDS=(logengine kv '')\nCOMP_CWORD=2\n_logengine_complete\nprintf '%s,' \"${COMPREPLY[@]}\""])
        {
            RedirectStandardOutput = true,
        })!;

        // complete, --, kv, and the empty word that is being written.
        Assert.Equal("4,x,", await bash.StandardOutput.ReadToEndAsync().Soon());
    }

    private static void AssertParses(string example)
    {
        ToolIO io = new(Stream.Null, Stream.Null, TextWriter.Null, ShowProgress: false);
        int start = example.IndexOf("logengine ", StringComparison.Ordinal) + "logengine ".Length;
        string command = example[start..].Split(" | ")[0].Split(" > ")[0].Split(" < ")[0].Split("  ")[0]
            .TrimEnd('"', ')');
        ParseResult parsed = CommandLineTool.Root(io).Parse(command.Replace('\'', '"'));
        Assert.True(parsed.Errors.Count == 0, $"{example}: {string.Join(' ', parsed.Errors)}");
    }
}
