namespace LogEngine.Unit.Architecture;

/// <summary>What a compiled assembly does not show.</summary>
public sealed class SourceTests
{
    [SkippableFact]
    public void The_product_is_compiled_in_one_way()
    {
        string src = Path.Combine(
            Path.GetDirectoryName(Repository.RequireFile("LogEngine.sln"))!, "src");
        string[] sources =
        [
            .. Directory.GetFiles(src, "*.cs", SearchOption.AllDirectories)
                .Where(path => !Path.GetRelativePath(src, path).Split(Path.DirectorySeparatorChar)
                    .Any(part => part is "obj" or "bin")),
        ];
        Assert.True(sources.Length > 300, $"only {sources.Length} sources in {src}");
        Assert.All(sources, source => Assert.DoesNotContain(
            File.ReadLines(source), line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal)));
    }
}
