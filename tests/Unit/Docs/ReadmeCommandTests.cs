using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using LogEngine.Unit.Cli;

namespace LogEngine.Unit.Docs;

/// <summary>
/// Case F11: what README prints under a command is what the command prints: it could not be had from its
/// commands any more.
/// </summary>
public sealed partial class ReadmeCommandTests : IDisposable
{
    private const string Prompt = "$ ";
    private const string ToolName = "logengine ";

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [SkippableFact]
    public async Task The_commands_of_the_readme_print_what_it_says()
    {
        Machine.RequireLinux("the commands are a shell's");
        string home = _scratch.Sibling("");
        List<(string Command, string Output)> all = [.. Commands()];
        Assert.True(all.Count > 20, $"only {all.Count} commands were found");
        foreach ((string command, string expected) in all)
        {
            string printed = await RunAsync(command, home);
            string actual = printed.Replace(home, "/tmp", StringComparison.Ordinal);
            AssertSame(command, Lines(expected), Lines(actual));
        }
    }

    /// <summary>Case F4: the chapter, and the tool's own page, name every verb.</summary>
    [SkippableFact]
    public void The_chapter_names_every_verb()
    {
        string chapter = Chapter();
        string page = File.ReadAllText(Repository.RequireFile("src", "LogEngine.Cli", "README.md"));
        foreach (string verb in Verbs.OfTheTool())
        {
            // `queue send|receive` names both, and so does `logengine queue send` in an example.
            string[] words = verb.Split(' ');
            Regex named = new(words.Length == 1
                ? $@"\b{words[0]}\b"
                : $@"\b{words[0]} ([a-z-]+\\?\|)*{words[1]}\b");
            Assert.True(named.IsMatch(chapter), $"README.md does not name '{verb}'");
            Assert.True(named.IsMatch(page) || Together(page, words), $"the tool's page: '{verb}'");
        }
    }

    /// <summary>`doc|blob list|show` names four.</summary>
    private static bool Together(string page, string[] words) => words.Length == 2
        && Regex.IsMatch(page, $@"\b([a-z]+\|)*{words[0]}(\|[a-z]+)* ([a-z-]+\\?\|)*{words[1]}\b");

    private static void AssertSame(string command, string[] expected, string[] actual)
    {
        Assert.True(
            expected.Length == actual.Length,
            $"$ {command}\nREADME has\n{string.Join('\n', expected)}\nprinted is\n"
            + string.Join('\n', actual));
        foreach ((string said, string printed) in expected.Zip(actual))
        {
            // A long line is cut short on the page.
            bool same = said.EndsWith("...", StringComparison.Ordinal)
                ? printed.StartsWith(said[..^3].TrimEnd(), StringComparison.Ordinal)
                : said == printed;
            Assert.True(same, $"$ {command}\nREADME has  {said}\nprinted is  {printed}");
        }
    }

    /// <summary>
    /// Lines without what differs from run to run: times, chance, and how records fell into groups. A
    /// group that carries only a mark is written where the machine paused.
    /// </summary>
    private static string[] Lines(string text) =>
    [
        .. Differs().Replace(text, "#").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !MarkAlone().IsMatch(line)),
    ];

    [GeneratedRegex(
        @"(?<=in )\d+\.\d+ s \(\d+ records/s, (direct|buffered) I/O\)"
        + @"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
        + @"|(?<=salt )[0-9a-f]{16}"
        + @"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[0-9.]*(\+00:00|Z)"
        + @"|\d+(?= groups)"
        + @"|(?<=end )\d+( of \d+)?"
        + @"|\d+(?= bytes verified)"
        + @"|\d+ bytes of \d+ written, fill [0-9.]+ %"
        + @"|(?<=on disk +)\d+"
        + @"|(?<=\.seg )\d+(?= bytes)"
        + @"|\d+(?= bytes (copied|freed|rewritten))|(?<=copied, )\d+"
        + @"|(?<=@)\d+",
        RegexOptions.CultureInvariant)]
    private static partial Regex Differs();

    [GeneratedRegex("^group .*flags None.*, 0 records", RegexOptions.CultureInvariant)]
    private static partial Regex MarkAlone();

    /// <summary>A pipe into the tool, the tool, or a command of the shell.</summary>
    private static async Task<string> RunAsync(string command, string home)
    {
        string shell = command;
        Stream input = Stream.Null;
        int pipe = command.IndexOf(" | " + ToolName, StringComparison.Ordinal);
        if (pipe >= 0)
        {
            input = new MemoryStream(await ShellAsync(command[..pipe], home));
            shell = command[(pipe + 3)..];
        }

        if (!shell.StartsWith(ToolName, StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetString(await ShellAsync(shell, home));
        }

        ToolResult result = await Tool.RunAsync(input, [.. Words(shell[ToolName.Length..], home)]);
        return result.Output + result.Error;
    }

    private static async Task<byte[]> ShellAsync(string command, string home)
    {
        using Process shell = Process.Start(new ProcessStartInfo("bash", ["-c", command])
        {
            WorkingDirectory = home,
            RedirectStandardOutput = true,
        })!;
        using MemoryStream output = new();
        await shell.StandardOutput.BaseStream.CopyToAsync(output);
        await shell.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(0, shell.ExitCode);
        return output.ToArray();
    }

    /// <summary>Words as a shell parts them; names of files and directories in their place.</summary>
    private static IEnumerable<string> Words(string line, string home)
    {
        foreach (Match word in Quoted().Matches(line))
        {
            string text = word.Value.Trim('"', '\'');
            yield return text is "mylog" or "app.log" or "rescued" or "mystore" or "mybackup"
                or "restored" or "myapp"
                ? Path.Combine(home, text)
                : text;
        }
    }

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|[^ ]+")]
    private static partial Regex Quoted();

    private static IEnumerable<(string Command, string Output)> Commands()
    {
        string[] blocks = Chapter().Split("\n```");
        for (int i = 1; i < blocks.Length; i += 2)
        {
            // Behind the fence's own line, which may name a language.
            string block = blocks[i][(blocks[i].IndexOf('\n', StringComparison.Ordinal) + 1)..];
            foreach (string part in ("\n" + block).Split("\n" + Prompt)[1..])
            {
                int end = part.IndexOf('\n', StringComparison.Ordinal);
                yield return end < 0 ? (part, "") : (part[..end], part[(end + 1)..]);
            }
        }
    }

    private static string Chapter()
    {
        string readme = File.ReadAllText(Repository.RequireFile("README.md"));
        int start = readme.IndexOf("\n## Command line\n", StringComparison.Ordinal);
        int end = readme.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return readme[start..end];
    }
}
