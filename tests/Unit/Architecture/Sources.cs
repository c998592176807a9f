namespace LogEngine.Unit.Architecture;

/// <summary>The sources of the product.</summary>
internal static class Sources
{
    /// <summary>The folder src; the test is skipped where it was not built in the repository.</summary>
    internal static string Root() => Path.Combine(
        Path.GetDirectoryName(Repository.RequireFile("LogEngine.sln"))!, "src");

    internal static string[] All()
    {
        string src = Root();
        string[] sources =
        [
            .. Directory.GetFiles(src, "*.cs", SearchOption.AllDirectories)
                .Where(path => !Path.GetRelativePath(src, path).Split(Path.DirectorySeparatorChar)
                    .Any(part => part is "obj" or "bin")),
        ];
        Assert.True(sources.Length > 300, $"only {sources.Length} sources in {src}");
        return sources;
    }
}
