using System.Xml.Linq;

namespace LogEngine.Packaging;

/// <summary>
/// Somebody else's project, outside the checkout. Our packages come from where they have been packed to, into a place of the
/// project's own; others are those that the checkout was built with.
/// </summary>
internal static class OutsideProject
{
    /// <summary>Writes a project with one source; gives its path.</summary>
    /// <param name="packages">Our packages.</param>
    /// <param name="place">Its directory.</param>
    /// <param name="sdk">What kind of project it is.</param>
    /// <param name="properties">Elements of its group of properties, and groups behind it.</param>
    /// <param name="references">Names of packages, ours or of the checkout.</param>
    /// <param name="source">Its only source.</param>
    internal static async Task<string> WriteAsync(
        PackedPackages packages,
        DirectoryInfo place,
        string sdk,
        string properties,
        IEnumerable<string> references,
        string source)
    {
        using PackageFile package = packages.Open("LogEngine");
        string version = package.Says("version").Value;
        string others = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string project = Path.Combine(place.FullName, "Mine.csproj");
        await File.WriteAllTextAsync(Path.Combine(place.FullName, "Mine.cs"), source);
        await File.WriteAllTextAsync(project, $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <NuGetAudit>false</NuGetAudit>
                <RestoreSources>{packages.Directory}</RestoreSources>
                <RestorePackagesPath>{Path.Combine(place.FullName, "packages")}</RestorePackagesPath>
                <RestoreFallbackFolders>{others}</RestoreFallbackFolders>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", references.Select(name => Reference(name, version)))}
              </ItemGroup>
            </Project>
            """);
        return project;
    }

    private static string Reference(string name, string version) =>
        $"<PackageReference Include=\"{name}\" Version=\"{(IsOurs(name) ? version : VersionOf(name))}\" />";

    private static bool IsOurs(string name) => name.Split('.')[0] == "LogEngine";

    private static string VersionOf(string name) =>
        XElement.Load(Path.Combine(Repository.Root!, "Directory.Packages.props"))
            .Descendants("PackageVersion")
            .Single(element => element.Attribute("Include")!.Value == name)
            .Attribute("Version")!.Value;
}
