using System.Runtime.CompilerServices;
using LogEngine.Extensions;
using LogEngine.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace LogEngine.Unit.Docs;

/// <summary>
/// Case J: what is printed as C# on a page compiles as it is pasted into the Program.cs of a new console
/// project that has the package: snippets of three pages did not.
/// </summary>
public sealed class SnippetTests
{
    private const string Fence = "```csharp\n";

    /// <summary>What a new project has without asking: its implicit usings.</summary>
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly Lazy<MetadataReference[]> _references = new(FindReferences);

    public static TheoryData<string, int> Snippets
    {
        get
        {
            TheoryData<string, int> all = [];
            foreach (string page in Pages())
            {
                int count = File.ReadAllText(PathOf(page)).Split(Fence).Length - 1;
                for (int i = 1; i <= count; i++)
                {
                    all.Add(page, i);
                }
            }

            return all;
        }
    }

    [Fact]
    public void There_are_snippets_on_every_page_that_begins_with_one()
    {
        string[] pages = [.. Snippets.Select(row => (string)row[0]).Distinct()];
        foreach (string page in new[]
        {
            "README.md",
            "docs/stores.md",
            "src/LogEngine/README.md",
            "src/LogEngine.Extensions/README.md",
            "src/LogEngine.Testing/README.md",
        })
        {
            Assert.Contains(page, pages);
        }
    }

    [Theory]
    [MemberData(nameof(Snippets))]
    public void A_snippet_compiles_as_it_is_pasted(string page, int number)
    {
        string snippet = File.ReadAllText(PathOf(page)).Split(Fence)[number].Split("```")[0];

        IEnumerable<Diagnostic> errors = Errors(snippet);

        Assert.True(!errors.Any(), $"{page}, snippet {number}:\n{string.Join('\n', errors)}");
    }

    [Fact]
    public void A_mistake_in_a_snippet_is_seen()
    {
        Assert.NotEmpty(Errors("StorageEngine engine = null!;"));
        Assert.NotEmpty(Errors("using LogEngine;\nStorageEngine.OpenAsync(1);"));
        Assert.Empty(Errors("using LogEngine;\nusing StorageEngine e = StorageEngine.OpenInMemory();"));
    }

    private static IEnumerable<Diagnostic> Errors(string snippet)
    {
        CSharpParseOptions parse = new(LanguageVersion.Latest);
        Compilation compilation = CSharpCompilation.Create(
            "Snippet",
            [
                CSharpSyntaxTree.ParseText(ImplicitUsings, parse),
                CSharpSyntaxTree.ParseText(snippet, parse),
            ],
            _references.Value,
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication,
                nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create(Generators(), parseOptions: parse)
            .RunGeneratorsAndUpdateCompilation(compilation, out compilation, out _);
        return compilation.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning
            && d.Id is not "CS8019");
    }

    /// <summary>The source generators that the SDK gives every project.</summary>
    private static System.Collections.Immutable.ImmutableArray<ISourceGenerator> Generators()
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string packs = Path.GetFullPath(
            Path.Combine(framework, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        string pack = Directory.GetDirectories(packs, "10.*").Order(StringComparer.Ordinal).Last();
        AnalyzerFileReference json = new(
            Path.Combine(pack, "analyzers", "dotnet", "cs", "System.Text.Json.SourceGeneration.dll"),
            new Loader());
        return json.GetGenerators(LanguageNames.CSharp);
    }

    private static MetadataReference[] FindReferences()
    {
        // Loaded here, so that they are among the references whatever ran before.
        RuntimeHelpers.RunClassConstructor(typeof(LogEngineBuilder).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(SimulatedDisk).TypeHandle);
        string all = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return
        [
            .. all.Split(Path.PathSeparator).Where(File.Exists)
                .Where(path => Path.GetFileName(path) is not "LogEngine.Unit.dll"
                    and not "LogEngine.Cli.dll")
                .Select(path => MetadataReference.CreateFromFile(path)),
        ];
    }

    private static IEnumerable<string> Pages() =>
    [
        "README.md",
        "CONTRIBUTING.md",
        .. new[] { "docs", "src", "bench", "samples" }.SelectMany(folder => Directory
            .GetFiles(PathOf(folder), "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(PathOf("."), path).Replace('\\', '/'))
            .Where(path => !path.Contains("/obj/") && !path.Contains("/bin/"))
            .Order(StringComparer.Ordinal)),
    ];

    private static string PathOf(string page) => Path.Combine(Root(), page);

    private static string Root() => Path.GetDirectoryName(Repository.RequireFile("README.md"))!;

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public System.Reflection.Assembly LoadFromPath(string fullPath) =>
            System.Reflection.Assembly.LoadFrom(fullPath);
    }
}
