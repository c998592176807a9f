namespace LogEngine.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>
    /// Directory of the solution, above the test assembly; null outside a checkout.
    /// </summary>
    internal static string? Root { get; } = FindRoot();

    /// <summary>A file of the checkout; the test is skipped where it is not there.</summary>
    internal static string RequireFile(params string[] parts)
    {
        Skip.If(Root is null, "not run from a checkout: no LogEngine.sln above the test assembly");
        string path = Path.Combine([Root!, .. parts]);
        Skip.IfNot(File.Exists(path), $"{string.Join('/', parts)} is not there");
        return path;
    }

    private static string? FindRoot()
    {
        DirectoryInfo? at = new(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Combine(at.FullName, "LogEngine.sln")))
        {
            at = at.Parent;
        }

        return at?.FullName;
    }
}
