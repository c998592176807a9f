namespace LogEngine.Unit.Docs;

/// <summary>The pages of the repository, by their paths.</summary>
internal static class Pages
{
    internal static string Root => Path.GetDirectoryName(Repository.RequireFile("README.md"))!;

    internal static IEnumerable<string> All() =>
    [
        .. Directory.GetFiles(Root, "*.md").Select(Relative).Order(StringComparer.Ordinal),
        .. new[] { "docs", "src", "bench", "samples", ".github" }.SelectMany(folder => Directory
            .GetFiles(Path.Combine(Root, folder), "*.md", SearchOption.AllDirectories)
            .Select(Relative)
            .Where(page => !page.Contains("/obj/") && !page.Contains("/bin/"))
            .Order(StringComparer.Ordinal)),
    ];

    internal static string Read(string page) => File.ReadAllText(Path.Combine(Root, page));

    private static string Relative(string path) =>
        Path.GetRelativePath(Root, path).Replace('\\', '/');
}
