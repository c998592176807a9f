using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LogEngine.Platforms;

/// <summary>
/// The runner's portable assemblies beside the .NET runtime of another platform, which comes as a package.
/// Made once for each build of the tests, beside them.
/// </summary>
internal static partial class RuntimeHost
{
    internal const string Name = "LogEngine.Platforms.Runner";

    /// <summary>What is added to the list of the published program's dependencies.</summary>
    private const string Added = "LogEngine.Tests/1.0.0";

    private static readonly SemaphoreSlim _one = new(1);

    /// <summary>The directory with everything in it.</summary>
    /// <exception cref="SkipException">The runtime's package is not to be had.</exception>
    internal static async Task<string> MakeAsync(string runtimeIdentifier)
    {
        await _one.WaitAsync();
        try
        {
            string made = Path.Combine(AppContext.BaseDirectory, "hosts", runtimeIdentifier);
            string host = Path.Combine(
                made, runtimeIdentifier.StartsWith("win", StringComparison.Ordinal)
                    ? Name + ".exe"
                    : Name);
            if (!File.Exists(host))
            {
                await PublishAsync(runtimeIdentifier, made);
            }

            AddToDependencies(made, CopyAssemblies(made));
            return made;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// An empty program of the same name, with its runtime: what it says is replaced by the runner.
    /// </summary>
    private static async Task PublishAsync(string runtimeIdentifier, string made)
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("logengine-host-");
        try
        {
            string project = Path.Combine(scratch.FullName, Name + ".csproj");
            await File.WriteAllTextAsync(project, $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup>
                    <OutputType>Exe</OutputType>
                    <TargetFramework>net10.0</TargetFramework>
                    <RuntimeIdentifier>{runtimeIdentifier}</RuntimeIdentifier>
                    <SelfContained>true</SelfContained>
                    <InvariantGlobalization>true</InvariantGlobalization>
                    <ThreadPoolMinThreads>64</ThreadPoolMinThreads>
                    <NuGetAudit>false</NuGetAudit>
                  </PropertyGroup>
                  <ItemGroup>
                    <FrameworkReference Include="Microsoft.AspNetCore.App" />
                    <!-- Under Wine an exception never comes out of the runtime's own way to call a method. -->
                    <RuntimeHostConfigurationOption
                      Include="Switch.System.Reflection.ForceEmitInvoke" Value="true" />
                  </ItemGroup>
                </Project>
                """);
            await File.WriteAllTextAsync(
                Path.Combine(scratch.FullName, "Program.cs"), "return 1;");
            (int code, string output) = await DotNet.RunAsync(
                "publish", project, "-c", "Release", "-o", made);
            Skip.If(
                code != 0 && MissingPack().IsMatch(output),
                $"no runtime of {runtimeIdentifier} here: {MissingPack().Match(output).Value}");
            Assert.True(code == 0, output);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>
    /// Whatever the tests were built with; where the runtime brings a library, its own is the right one.
    /// </summary>
    private static List<string> CopyAssemblies(string made)
    {
        List<string> copied = [];
        HashSet<string> theirs =
            [.. RuntimeAssets(Read(made)).Select(Path.GetFileName).OfType<string>()];
        foreach (string from in Directory.GetFiles(AppContext.BaseDirectory, "*.dll"))
        {
            string name = Path.GetFileName(from);
            string to = Path.Combine(made, name);
            if (!theirs.Contains(name) || name == Name + ".dll")
            {
                copied.Add(name);
                if (File.GetLastWriteTimeUtc(to) != File.GetLastWriteTimeUtc(from))
                {
                    File.Copy(from, to, overwrite: true);
                }
            }
        }

        return copied;
    }

    /// <summary>The host loads only what is in the list.</summary>
    private static void AddToDependencies(string made, List<string> names)
    {
        JsonNode list = Read(made);
        JsonObject runtime = [];
        foreach (string name in names.Where(name => name != Name + ".dll"))
        {
            runtime[name] = new JsonObject();
        }

        Target(list)[Added] = new JsonObject { ["runtime"] = runtime };
        list["libraries"]![Added] = new JsonObject
        {
            ["type"] = "project",
            ["serviceable"] = false,
            ["sha512"] = string.Empty,
        };
        File.WriteAllText(ListOf(made), list.ToJsonString());
    }

    private static IEnumerable<string> RuntimeAssets(JsonNode list) =>
        Target(list)
            .Where(library => library.Key != Added)
            .SelectMany(library => library.Value!["runtime"] as JsonObject ?? [])
            .Select(asset => asset.Key);

    private static JsonObject Target(JsonNode list) =>
        list["targets"]![(string)list["runtimeTarget"]!["name"]!]!.AsObject();

    private static JsonNode Read(string made) =>
        JsonNode.Parse(File.ReadAllText(ListOf(made)))!;

    private static string ListOf(string made) => Path.Combine(made, Name + ".deps.json");

    [GeneratedRegex(@"error NU1\d\d\d: [^\n]*")]
    private static partial Regex MissingPack();
}
