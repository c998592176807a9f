using System.Text;
using System.Text.RegularExpressions;

namespace LogEngine.Unit.Docs;

/// <summary>Links lead somewhere, and the index of the documents names each of them.</summary>
public sealed partial class LinkTests
{
    private const string Index = "docs/README.md";

    [SkippableFact]
    public void Every_link_within_the_repository_leads_to_a_file_and_to_a_heading_of_it()
    {
        int seen = 0;
        List<string> dead = [];
        foreach (string page in Pages.All())
        {
            foreach (string target in Targets(page))
            {
                seen++;
                if (!Exists(page, target))
                {
                    dead.Add($"{page}: {target}");
                }
            }
        }

        Assert.True(seen > 50, $"only {seen} links were found");
        Assert.True(dead.Count == 0, string.Join('\n', dead));
    }

    [SkippableFact]
    public void A_dead_link_is_seen()
    {
        Assert.True(Exists(Index, "durability.md#levels"));
        Assert.False(Exists(Index, "durability.md#no-such-heading"));
        Assert.False(Exists(Index, "no-such-page.md"));
    }

    [SkippableFact]
    public void The_index_names_every_page_of_docs()
    {
        HashSet<string> named = [.. Targets(Index).Select(target => target.Split('#')[0])];
        IEnumerable<string> missing = Pages.All()
            .Where(page => page.StartsWith("docs/", StringComparison.Ordinal) && page != Index)
            .Select(page => page["docs/".Length..])
            .Where(page => !named.Contains(page));
        Assert.Empty(missing);
    }

    /// <summary>A page that code names is there.</summary>
    [SkippableFact]
    public void Every_page_that_a_comment_names_exists()
    {
        string[] missing =
        [
            .. from folder in new[] { "src", "tests", "bench", "samples" }
               from file in Directory.GetFiles(
                   Path.Combine(Pages.Root, folder), "*.cs", SearchOption.AllDirectories)
               where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}")
                   && Path.GetFileName(file) != "LinkTests.cs"
               from Match page in NamedInCode().Matches(File.ReadAllText(file))
               where !File.Exists(Path.Combine(Pages.Root, page.Value))
               select $"{Path.GetRelativePath(Pages.Root, file)}: {page.Value}",
        ];
        Assert.Empty(missing);
    }

    private static IEnumerable<string> Targets(string page) =>
        Link().Matches(Fences().Replace(Pages.Read(page), ""))
            .Select(link => link.Groups[1].Value)
            .Where(target => !target.Contains("://"));

    private static bool Exists(string page, string target)
    {
        string[] parts = target.Split('#');
        string path = parts[0].Length == 0
            ? page
            : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
        string full = Path.Combine(Pages.Root, path);
        return parts.Length == 1
            ? File.Exists(full) || Directory.Exists(full)
            : File.Exists(full) && Anchors(File.ReadAllText(full)).Contains(parts[1]);
    }

    /// <summary>Headings as they are addressed: lower case, hyphens, no punctuation.</summary>
    private static HashSet<string> Anchors(string text)
    {
        HashSet<string> all = [];
        foreach (Match heading in Heading().Matches(Fences().Replace(text, "")))
        {
            StringBuilder anchor = new();
            foreach (char c in heading.Groups[1].Value.Trim().ToLowerInvariant())
            {
                if (char.IsLetterOrDigit(c) || c is '-' or '_' or ' ')
                {
                    anchor.Append(c == ' ' ? '-' : c);
                }
            }

            all.Add(anchor.ToString());
        }

        return all;
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("^```.*?^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"\bdocs/[a-z-]+\.md\b")]
    private static partial Regex NamedInCode();
}
