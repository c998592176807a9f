namespace LogEngine.Unit.Docs;

/// <summary>What a page prints as code.</summary>
/// <param name="Page">The page's path in the repository.</param>
/// <param name="Line">Where it begins, for messages.</param>
/// <param name="Language">What the fence says; empty for none.</param>
/// <param name="Given">
/// Lines of a comment right before it that begins with 'given': what a fragment stands on, and no reader sees.
/// </param>
/// <param name="Text">The code.</param>
public sealed record Fence(string Page, int Line, string Language, string Given, string Text)
{
    private const string Mark = "```";
    private const string Comment = "<!-- given";

    /// <summary>All fences of a page, in order.</summary>
    internal static IEnumerable<Fence> In(string page)
    {
        string[] lines = File.ReadAllText(Repository.RequireFile(page.Split('/'))).Split('\n');
        string given = "";
        for (int at = 0; at < lines.Length; at++)
        {
            if (lines[at].StartsWith(Comment, StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, at, line => line.Contains("-->"));
                Assert.True(end > at, $"{page}:{at + 1}: the comment does not end on a line of its own");
                given = string.Join('\n', lines[(at + 1)..end]);
                at = end;
            }
            else if (lines[at].StartsWith(Mark, StringComparison.Ordinal))
            {
                int end = Array.FindIndex(lines, at + 1, line => line == Mark);
                Assert.True(end > at, $"{page}:{at + 1}: the fence does not end");
                yield return new Fence(
                    page,
                    at + 1,
                    lines[at][Mark.Length..],
                    given,
                    string.Join('\n', lines[(at + 1)..end]) + "\n");
                given = "";
                at = end;
            }
            else
            {
                Assert.True(given.Length == 0, $"{page}:{at + 1}: no fence follows what is given");
            }
        }

        Assert.True(given.Length == 0, $"{page}: no fence follows what is given");
    }
}
