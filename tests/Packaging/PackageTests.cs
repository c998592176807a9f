using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;

namespace LogEngine.Packaging;

/// <summary>What a user of the packages gets.</summary>
[Collection(PackedPackages.Collection)]
public sealed class PackageTests(PackedPackages packages)
{
    private static readonly Dictionary<string, string[]> _dependencies = new()
    {
        ["LogEngine"] = ["Microsoft.Extensions.Logging.Abstractions", "System.IO.Hashing"],
        ["LogEngine.Akka.Persistence"] =
            ["Akka.Persistence", "Akka.Persistence.Hosting", "Akka.Persistence.Query", "LogEngine"],
        ["LogEngine.Agents"] = ["LogEngine", "Microsoft.Agents.AI.Workflows"],
        ["LogEngine.AspNetCore"] = ["LogEngine", "LogEngine.Extensions"],
        ["LogEngine.Conformance"] =
        [
            "LogEngine", "LogEngine.Extensions", "Xunit.SkippableFact", "xunit.assert",
            "xunit.extensibility.execution",
        ],
        ["LogEngine.Extensions"] =
        [
            "Cronos",
            "LogEngine",
            "Microsoft.Extensions.DependencyInjection.Abstractions",
            "Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions",
            "Microsoft.Extensions.Hosting.Abstractions",
            "Microsoft.Extensions.Options.ConfigurationExtensions",
        ],
        ["LogEngine.OpenTelemetry"] =
            ["LogEngine", "LogEngine.Extensions", "OpenTelemetry.PersistentStorage.Abstractions"],
        ["LogEngine.Orleans"] =
        [
            "LogEngine", "LogEngine.Extensions", "Microsoft.Orleans.Reminders", "Microsoft.Orleans.Runtime",
        ],
        ["LogEngine.PostgreSql"] =
        [
            "LogEngine",
            "LogEngine.Extensions",
            "Microsoft.Extensions.Logging.Abstractions",
            "Npgsql",
            "System.IO.Hashing",
        ],
        ["LogEngine.Rebus"] = ["LogEngine", "Rebus"],
        ["LogEngine.Testing"] =
        [
            "LogEngine", "LogEngine.Extensions", "Microsoft.Extensions.DependencyInjection",
        ],
    };

    public static TheoryData<string> Libraries => new(_dependencies.Keys);

    public static TheoryData<string> All => new(_dependencies.Keys.Append("LogEngine.Cli"));

    [SkippableFact]
    public void Exactly_the_libraries_and_the_tool_are_packed_each_with_its_symbols()
    {
        IEnumerable<string> expected = _dependencies.Keys.Append("LogEngine.Cli")
            .SelectMany(name => new[] { $"{name}.nupkg", $"{name}.snupkg" });
        IEnumerable<string> packed = Directory.GetFiles(packages.Directory, "*nupkg")
            .Select(file => $"{WithoutVersion(file)}{Path.GetExtension(file)}");
        Assert.Equal(
            expected.Order(StringComparer.Ordinal), packed.Order(StringComparer.Ordinal));
    }

    [SkippableTheory]
    [MemberData(nameof(Libraries))]
    public void A_library_is_its_assembly_its_documentation_and_a_page(string name)
    {
        using PackageFile package = packages.Open(name);
        Assert.Equal(
            ["README.md", "icon.png", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"],
            package.Files.Order(StringComparer.Ordinal));
        using PackageFile symbols = packages.Open(name, "snupkg");
        Assert.Equal([$"lib/net10.0/{name}.pdb"], symbols.Files);
    }

    [SkippableTheory]
    [MemberData(nameof(Libraries))]
    public void A_library_depends_on_what_it_should_and_on_nothing_else(string name)
    {
        using PackageFile package = packages.Open(name);
        Assert.Equal(
            _dependencies[name], package.Dependencies.Select(line => line.Split(' ')[0]));
    }

    /// <summary>
    /// It is built on LogEngine's internal seam, which another version of LogEngine may not have.
    /// </summary>
    [SkippableFact]
    public void The_test_kit_goes_with_its_own_version_of_the_engine_only()
    {
        using PackageFile package = packages.Open("LogEngine.Testing");
        string version = package.Says("version").Value;
        Assert.Equal(
            [$"LogEngine [{version}]", $"LogEngine.Extensions [{version}]"],
            package.Dependencies.Where(line => line.StartsWith("LogEngine", StringComparison.Ordinal)));
    }

    [SkippableTheory]
    [MemberData(nameof(All))]
    public void A_package_says_what_it_is_and_where_it_comes_from(string name)
    {
        using PackageFile package = packages.Open(name);
        Assert.Equal(name, package.Says("id").Value);
        Assert.Equal("MIT", package.Says("license").Value);
        Assert.Equal("README.md", package.Says("readme").Value);
        Assert.InRange(package.Says("description").Value.Length, 50, 400);
        Assert.Contains("crash-safe", package.Says("tags").Value, StringComparison.Ordinal);
        if (Directory.Exists(Path.Combine(Repository.Root!, ".git"))
            || File.Exists(Path.Combine(Repository.Root!, ".git")))
        {
            XElement repository = package.Says("repository");
            Assert.Equal("git", repository.Attribute("type")!.Value);
            Assert.Equal(40, repository.Attribute("commit")!.Value.Length);
        }
    }

    /// <summary>A checkout may have a remote that is a path: that is an address for nobody.</summary>
    [SkippableTheory]
    [MemberData(nameof(All))]
    public void Addresses_in_a_package_are_ones_that_a_browser_can_follow(string name)
    {
        using PackageFile package = packages.Open(name);
        string[] addresses =
        [
            .. package.SaysIfAny("projectUrl").Select(element => element.Value),
            .. package.SaysIfAny("repository").Attributes("url").Select(url => url.Value),
        ];
        Assert.All(addresses, address => Assert.StartsWith(
            "https://", address, StringComparison.Ordinal));

        // One comes from the other.
        Assert.True(addresses.Length is 0 or 2, string.Join(' ', addresses));
    }

    [SkippableTheory]
    [MemberData(nameof(All))]
    public void A_package_has_the_icon_that_it_names(string name)
    {
        using PackageFile package = packages.Open(name);
        byte[] icon = package.Read(package.Says("icon").Value);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], icon[..4]);
    }

    /// <summary>Tags make versions; without one it is a preview of what comes first.</summary>
    [SkippableTheory]
    [MemberData(nameof(All))]
    public void A_version_is_that_of_a_tag_or_a_preview(string name)
    {
        using PackageFile package = packages.Open(name);
        Assert.Matches(
            @"^(0\.([2-9]|[1-9]\d+)|[1-9]\d*\.\d+)\.\d+(-[0-9A-Za-z.-]+)?$",
            package.Says("version").Value);
    }

    /// <summary>A page in a registry stands alone: a path of the repository leads nowhere there.</summary>
    [SkippableTheory]
    [MemberData(nameof(All))]
    public void The_page_of_a_package_shows_how_to_begin_and_links_to_no_file(string name)
    {
        using PackageFile package = packages.Open(name);
        string page = Encoding.UTF8.GetString(package.Read("README.md"));
        Assert.Contains("\n```", page, StringComparison.Ordinal);
        Assert.DoesNotContain("](", page, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [MemberData(nameof(Libraries))]
    public void Every_public_type_is_documented_in_the_package(string name)
    {
        using PackageFile package = packages.Open(name);
        HashSet<string> documented = [.. XElement
            .Load(new MemoryStream(package.Read($"lib/net10.0/{name}.xml")))
            .Descendants("member")
            .Select(member => member.Attribute("name")!.Value)];
        using PEReader assembly = new(new MemoryStream(package.Read($"lib/net10.0/{name}.dll")));
        MetadataReader metadata = assembly.GetMetadataReader();
        string[] types = [.. metadata.TypeDefinitions
            .Select(metadata.GetTypeDefinition)
            .Where(type => (type.Attributes & System.Reflection.TypeAttributes.VisibilityMask)
                == System.Reflection.TypeAttributes.Public)
            .Select(type => $"T:{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}")];
        Assert.NotEmpty(types);
        Assert.All(types, type => Assert.Contains(type, documented));
    }

    [SkippableTheory]
    [MemberData(nameof(Libraries))]
    public void Symbols_belong_to_the_assembly_and_lead_to_every_source(string name)
    {
        using PackageFile package = packages.Open(name);
        using PackageFile symbols = packages.Open(name, "snupkg");
        using PEReader assembly = new(new MemoryStream(package.Read($"lib/net10.0/{name}.dll")));
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(
            new MemoryStream(symbols.Read($"lib/net10.0/{name}.pdb")));
        SymbolFile file = new(provider.GetMetadataReader());
        Assert.Equal(SymbolFile.IdentityNamedBy(assembly), file.Identity);
        Assert.NotEmpty(file.Documents);
        Assert.All(file.Documents, document => Assert.True(
            file.LeadsTo(document), $"neither embedded nor linked: {file.PathOf(document)}"));
    }

    /// <summary>
    /// The same commit gives the same bytes on any machine, so no path of this one may be in it.
    /// </summary>
    [SkippableTheory]
    [MemberData(nameof(Libraries))]
    public void On_a_build_server_no_path_of_the_machine_is_in_the_symbols(string name)
    {
        Skip.IfNot(
            Environment.GetEnvironmentVariable("CI") == "true", "not a build server: CI is not set");
        using PackageFile symbols = packages.Open(name, "snupkg");
        using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(
            new MemoryStream(symbols.Read($"lib/net10.0/{name}.pdb")));
        SymbolFile file = new(provider.GetMetadataReader());
        Assert.All(file.Documents, document => Assert.StartsWith(
            "/_", file.PathOf(document), StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task The_tool_installs_from_its_package_and_runs()
    {
        string place = Path.Combine(packages.Directory, "tool");
        (int code, string output) = await DotNet.RunAsync(
            "tool",
            "install",
            "LogEngine.Cli",
            "--prerelease",
            "--source",
            packages.Directory,
            "--tool-path",
            place);
        Assert.True(code == 0, output);
        string tool = Path.Combine(
            place, OperatingSystem.IsWindows() ? "logengine.exe" : "logengine");
        string log = Path.Combine(packages.Directory, "log");
        string lines = Path.Combine(packages.Directory, "lines.txt");
        await File.WriteAllTextAsync(lines, "one\ntwo\n");
        (code, output) = await DotNet.RunProgramAsync(tool, "append", log, lines);
        Assert.True(code == 0, output);
        Assert.Equal((0, "one\ntwo\n"), await DotNet.RunProgramAsync(tool, "cat", log));
    }

    private static string WithoutVersion(string file)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        int version = name.AsSpan().IndexOfAnyInRange('0', '9');
        return name[..(version - 1)];
    }
}
