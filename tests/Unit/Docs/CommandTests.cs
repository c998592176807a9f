using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using LogEngine.Unit.Cli;

namespace LogEngine.Unit.Docs;

/// <summary>
/// Case F11: what a page prints under a command is what the command prints: it could not be had from the
/// commands of README any more.
/// </summary>
public sealed partial class CommandTests : IDisposable
{
    private const string Chapter = "docs/command-line.md";
    private const string Prompt = "$ ";
    private const string ToolName = "logengine ";

    /// <summary>How the tool is called in a clone.</summary>
    private const string InClone = "dotnet run -c Release --project src/LogEngine.Cli -- ";

    /// <summary>What pages call the files and directories that their commands make.</summary>
    private static readonly string[] _places =
        ["mylog", "app.log", "rescued", "mystore", "mybackup", "restored", "myapp", "drill", "moved",
        "loaded"];

    private readonly ScratchDirectory _scratch = new();

    public static TheoryData<string> PagesWithCommands => new(WithCommands());

    public void Dispose() => _scratch.Dispose();

    [SkippableTheory]
    [MemberData(nameof(PagesWithCommands))]
    public async Task The_commands_of_a_page_print_what_it_says(string page)
    {
        Machine.RequireLinux("the commands are a shell's");
        string home = _scratch.Sibling("");
        foreach ((string command, string expected) in Commands(page))
        {
            string printed = await RunAsync(command, home);
            string actual = printed.Replace(home, "/tmp", StringComparison.Ordinal);
            AssertSame(command, Lines(expected), Lines(actual));
        }
    }

    [SkippableFact]
    public void The_pages_that_show_commands_are_found()
    {
        string[] pages = [.. WithCommands()];
        Assert.Contains(Chapter, pages);
        Assert.Contains("docs/back-up.md", pages);
        int count = Commands(Chapter).Count();
        Assert.True(count > 20, $"only {count} commands were found");
    }

    /// <summary>'Two commands': appends README's lines, and prints them.</summary>
    [SkippableFact]
    public async Task The_two_commands_of_the_readme_run_as_they_are()
    {
        string home = _scratch.Sibling("");
        string[] commands =
        [
            .. Fence.In("README.md").SelectMany(fence => fence.Text.Split('\n'))
                .Where(line => line.StartsWith(InClone, StringComparison.Ordinal)),
        ];
        Assert.Equal(2, commands.Length);
        string printed = "";
        foreach (string command in commands)
        {
            string[] words =
            [
                .. Words(command[InClone.Length..], home)
                    .Select(word => word == "README.md" ? Path.Combine(Pages.Root, word) : word),
            ];
            ToolResult result = await Tool.RunAsync(words);
            Assert.True(result.Code == 0, command + "\n" + result.Error);
            printed = result.Output;
        }

        Assert.Equal(Pages.Read("README.md"), printed);
    }

    /// <summary>What is built, tested, packed or run by a command of a page is there.</summary>
    [SkippableFact]
    public void Commands_of_the_sdk_name_projects_that_exist()
    {
        (string Page, string Project)[] named =
        [
            .. from page in Pages.All()
               from fence in Fence.In(page)
               where fence.Language.Length == 0
               from Match project in ProjectOfCommand().Matches(fence.Text)
               select (page, project.Groups[1].Value),
        ];
        Assert.True(named.Length > 20, $"only {named.Length} commands were found");
        Assert.All(named, command => Assert.True(
            Path.Exists(Path.Combine(Pages.Root, command.Project)), $"{command.Page}: {command.Project}"));
    }

    [GeneratedRegex(
        @"\bdotnet (?:build|test|pack|run [^\n]*?--project) ([A-Za-z][A-Za-z./]*)",
        RegexOptions.CultureInvariant)]
    private static partial Regex ProjectOfCommand();

    /// <summary>Case F4: the chapter, and the tool's own page, name every verb.</summary>
    [SkippableFact]
    public void The_chapter_names_every_verb()
    {
        string chapter = Pages.Read(Chapter);
        string page = Pages.Read("src/LogEngine.Cli/README.md");
        foreach (string verb in Verbs.OfTheTool())
        {
            // `queue send|receive` names both, and so does `logengine queue send` in an example.
            string[] words = verb.Split(' ');
            Regex named = new(words.Length == 1
                ? $@"\b{words[0]}\b"
                : $@"\b{words[0]} ([a-z-]+\\?\|)*{words[1]}\b");
            Assert.True(named.IsMatch(chapter), $"{Chapter} does not name '{verb}'");
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
            $"$ {command}\nthe page has\n{string.Join('\n', expected)}\nprinted is\n"
            + string.Join('\n', actual));
        foreach ((string said, string printed) in expected.Zip(actual))
        {
            // A long line is cut short on the page.
            bool same = said.EndsWith("...", StringComparison.Ordinal)
                ? printed.StartsWith(said[..^3].TrimEnd(), StringComparison.Ordinal)
                : said == printed;
            Assert.True(same, $"$ {command}\nthe page has  {said}\nprinted is  {printed}");
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
            yield return _places.Contains(text) || text.StartsWith("./", StringComparison.Ordinal)
                ? Path.Combine(home, text)
                : text;
        }
    }

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|[^ ]+")]
    private static partial Regex Quoted();

    private static IEnumerable<string> WithCommands() =>
        Pages.All().Where(page => Commands(page).Any());

    private static IEnumerable<(string Command, string Output)> Commands(string page) =>
        from fence in Fence.In(page)
        where fence.Language.Length == 0
        from part in ("\n" + fence.Text).Split("\n" + Prompt).Skip(1)
        let lines = part.Split('\n', 2)
        select (lines[0], lines.ElementAtOrDefault(1) ?? "");
}
