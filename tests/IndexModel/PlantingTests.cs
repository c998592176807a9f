using System.Text.RegularExpressions;

namespace LogEngine.IndexModel;

/// <summary>How mistakes get into a build (tests/Planting), by a small project.</summary>
public sealed class PlantingTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("logengine-").FullName;

    [SkippableFact]
    public async Task Mistakes_at_one_place_compose_and_are_kept_up_to_date()
    {
        Write(
            "src/Pump.cs",
            "class Pump", "{", "    void Run()", "    {", "        Sync();", "    }", "}");
        Write("src/Other.cs", "class Other { }");
        Write("bugs/First.patch", "Words.", "", "--- src/Pump.cs", "+if (first)", " Sync();");
        Write("bugs/Second.patch", "--- src/Pump.cs", "+try {", " Sync();", "+} catch { }");

        (int code, string output) = await BuildAsync();
        Assert.True(code == 0, output);
        Assert.Equal(["obj/planted/src/Pump.cs", "src/Other.cs"], Compiled(output));
        Assert.Equal(["if (first)", "try {", "        Sync();", "} catch { }"], Planted()[4..^2]);
        string[] copy = File.ReadAllLines(PathOf("obj/planted/src/Pump.cs"));
        Assert.Equal($"#line 4 \"{PathOf("bugs/First.patch")}\"", LineBefore("if (first)", copy));
        Assert.Equal($"#line 5 \"{PathOf("src/Pump.cs")}\"", LineBefore("        Sync();", copy));

        // Nothing has changed: nothing is written.
        DateTime longAgo = new(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(PathOf("obj/planted/src/Pump.cs"), longAgo);
        (_, output) = await BuildAsync();
        Assert.Equal(["obj/planted/src/Pump.cs", "src/Other.cs"], Compiled(output));
        Assert.Equal(longAgo, File.GetLastWriteTimeUtc(PathOf("obj/planted/src/Pump.cs")));

        File.Delete(PathOf("bugs/First.patch"));
        (code, output) = await BuildAsync();
        Assert.True(code == 0, output);
        Assert.Equal(["try {", "        Sync();", "} catch { }"], Planted()[4..^2]);
    }

    [SkippableFact]
    public async Task What_does_not_fit_fails_the_build_and_is_named()
    {
        Write("src/Pump.cs", "a();", "b();", "a();", "c();");
        Write("bugs/Absent.patch", "--- src/Pump.cs", "-d();");
        Write("bugs/Twice.patch", "", "--- src/Pump.cs", " a();", "+x();");
        Write("bugs/Elsewhere.patch", "--- src/Gone.cs", "-a();");
        Write("bugs/Taken.patch", "--- src/Pump.cs", "-c();", "+x();");
        Write("bugs/TakenToo.patch", "--- src/Pump.cs", " a();", "-c();");
        Write("bugs/Odd.patch", "--- src/Pump.cs", " b();", "x();");
        Write("bugs/Nowhere.patch", "Words alone.");
        Write("bugs/Unchanged.patch", "--- src/Pump.cs", " b();");
        Write("bugs/Sound.patch", "--- src/Pump.cs", " b();", "+x();");

        (int code, string output) = await BuildAsync();

        Assert.NotEqual(0, code);
        const string Needs =
            "it needs a line '--- FILE', lines that are in the file, and a change of them";
        Assert.Equal(
            [
                "Absent.patch(1,1): planted bug Absent: its lines are not in src/Pump.cs",
                "Elsewhere.patch(1,1): planted bug Elsewhere: "
                    + "the project does not compile src/Gone.cs",
                $"Nowhere.patch(1,1): planted bug Nowhere: {Needs}",
                "Odd.patch(3,1): planted bug Odd: a line begins with a blank, '+' or '-'",
                "TakenToo.patch(3,1): planted bug TakenToo: "
                    + "Taken takes line 4 of src/Pump.cs away as well",
                "Twice.patch(2,1): planted bug Twice: "
                    + "its lines are in src/Pump.cs more than once: at 1, 3",
                $"Unchanged.patch(1,1): planted bug Unchanged: {Needs}",
            ],
            Errors(output));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string PathOf(string name) => Path.Combine([_root, .. name.Split('/')]);

    private void Write(string name, params string[] lines)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllLines(PathOf(name), lines);
    }

    private Task<(int Code, string Output)> BuildAsync()
    {
        string targets = Repository.RequireFile("tests", "Planting", "Planting.targets");
        Write(
            "Small.proj",
            "<Project>",
            "  <PropertyGroup>",
            "    <IntermediateOutputPath>obj/</IntermediateOutputPath>",
            "    <PlantedRoot>$(MSBuildProjectDirectory)/</PlantedRoot>",
            "  </PropertyGroup>",
            "  <ItemGroup>",
            "    <Compile Include=\"src/*.cs\" />",
            "    <PlantedBug Include=\"bugs/*.patch\" />",
            "  </ItemGroup>",
            $"  <Import Project=\"{targets}\" />",
            "  <Target Name=\"Show\" DependsOnTargets=\"CompilePlanted\">",
            "    <Message Importance=\"high\" Text=\"compiles %(Compile.FullPath)\" />",
            "  </Target>",
            "</Project>");
        return DotNet.RunAsync(
            "msbuild", PathOf("Small.proj"), "-t:Show", "-nologo", "-v:minimal");
    }

    /// <summary>The sources that a compiler would be given.</summary>
    private string[] Compiled(string output) =>
    [
        .. output.Split('\n')
            .Select(line => line.Trim())
            .Where(line => line.StartsWith("compiles " + _root, StringComparison.Ordinal))
            .Select(line => Path.GetRelativePath(_root, line["compiles ".Length..]))
            .Select(path => path.Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The copy without what only a compiler looks at.</summary>
    private string[] Planted() =>
    [
        .. File.ReadAllLines(PathOf("obj/planted/src/Pump.cs"))
            .Where(line => line.Length > 0 && line[0] is not '#' and not '/'),
    ];

    private static string LineBefore(string line, string[] lines) =>
        lines[Array.IndexOf(lines, line) - 1];

    private static string[] Errors(string output) =>
    [
        .. Regex.Matches(output, @"bugs[\\/](\S+): error PLANT: (.*?) \[")
            .Select(match => $"{match.Groups[1].Value}: {match.Groups[2].Value}")
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];
}
