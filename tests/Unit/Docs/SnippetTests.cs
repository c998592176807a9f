using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using LogEngine.AspNetCore;
using LogEngine.Conformance;
using LogEngine.Extensions;
using LogEngine.Testing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace LogEngine.Unit.Docs;

/// <summary>
/// Case J: what is printed as C# on a page compiles as it is pasted into the Program.cs of a new console
/// project that has the package: snippets of three pages did not. A fragment stands on the lines of a comment
/// before it that begins with 'given'; if the first of these is '// web', the project is a web project.
/// </summary>
public sealed partial class SnippetTests
{
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

    /// <summary>And what a new web project has besides.</summary>
    private const string WebUsings = """
        global using System.Net.Http.Json;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    private static readonly Lazy<MetadataReference[]> _references = new(FindReferences);

    private static readonly Lazy<MetadataReference[]> _webReferences = new(FindWebReferences);

    public static TheoryData<string, int> Snippets
    {
        get
        {
            TheoryData<string, int> all = [];
            foreach (Fence fence in Pages.All().SelectMany(Fence.In).Where(IsSnippet))
            {
                all.Add(fence.Page, fence.Line);
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
            "docs/start-here.md",
            "docs/stores.md",
            "docs/test-with-it.md",
            "src/LogEngine/README.md",
            "src/LogEngine.Extensions/README.md",
            "src/LogEngine.PostgreSql/README.md",
            "src/Integrations/LogEngine.Akka.Persistence/README.md",
            "src/Integrations/LogEngine.OpenTelemetry/README.md",
            "src/Integrations/LogEngine.Rebus/README.md",
            "src/Integrations/LogEngine.Orleans/README.md",
            "src/Integrations/LogEngine.Agents/README.md",
            "docs/postgresql.md",
            "src/LogEngine.AspNetCore/README.md",
            "docs/aspnetcore.md",
            "docs/akka.md",
            "docs/opentelemetry.md",
            "docs/rebus.md",
            "docs/orleans.md",
            "docs/agents.md",
            "src/LogEngine.Testing/README.md",
            "src/LogEngine.Conformance/README.md",
            "docs/write-an-engine.md",
        })
        {
            Assert.Contains(page, pages);
        }
    }

    /// <summary>Under another name it would be seen by no test.</summary>
    [Fact]
    public void Code_is_fenced_as_csharp() => Assert.DoesNotContain(
        Pages.All().SelectMany(Fence.In), fence => fence.Language is "cs" or "c#" or "C#");

    [Theory]
    [MemberData(nameof(Snippets))]
    public void A_snippet_compiles_as_it_is_pasted(string page, int line)
    {
        Fence fence = Fence.In(page).Single(fence => fence.Line == line);

        IEnumerable<Diagnostic> errors = Errors(fence.Given, fence.Text);

        Assert.True(!errors.Any(), $"{page}:{line}:\n{string.Join('\n', errors)}");
    }

    [Fact]
    public void A_mistake_in_a_snippet_is_seen()
    {
        Assert.NotEmpty(Errors("", "StorageEngine engine = null!;"));
        Assert.NotEmpty(Errors("", "using LogEngine;\nStorageEngine.OpenAsync(1);"));
        Assert.Empty(Errors("", "using LogEngine;\nusing StorageEngine e = StorageEngine.OpenInMemory();"));
    }

    [Fact]
    public void A_fragment_stands_on_what_is_given_before_it()
    {
        const string Given = "using LogEngine;\nusing StorageEngine engine = StorageEngine.OpenInMemory();";

        Assert.Empty(Errors(Given, "await engine.FlushAsync();"));
        Assert.NotEmpty(Errors(Given, "await engine.FlushASync();"));
        Assert.NotEmpty(Errors("", "await engine.FlushAsync();"));

        // What a snippet uses goes to the front.
        Assert.Empty(Errors(Given, "using LogEngine.Stores;\nDocumentStore d = await engine.OpenDocumentsAsync(\"d\");"));
    }

    [Fact]
    public void A_web_snippet_has_the_framework_of_a_web_project()
    {
        const string Web = "WebApplication app = WebApplication.CreateBuilder(args).Build();";

        Assert.Empty(Errors("// web", Web));
        Assert.NotEmpty(Errors("// web", Web + "app.RunForEver();"));
        Assert.NotEmpty(Errors("", Web));
    }

    private static bool IsSnippet(Fence fence) => fence.Language == "csharp";

    private static IEnumerable<Diagnostic> Errors(string given, string snippet)
    {
        bool web = given.StartsWith("// web", StringComparison.Ordinal);
        CSharpParseOptions parse = new(LanguageVersion.Latest);
        Compilation compilation = CSharpCompilation.Create(
            "Snippet",
            [
                CSharpSyntaxTree.ParseText(ImplicitUsings, parse),
                CSharpSyntaxTree.ParseText(web ? WebUsings : "", parse),
                CSharpSyntaxTree.ParseText(Together(given, snippet), parse),
            ],
            web ? [.. _references.Value, .. _webReferences.Value] : _references.Value,
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication,
                nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create(Generators(), parseOptions: parse)
            .RunGeneratorsAndUpdateCompilation(compilation, out compilation, out _);

        // Nor does the SDK warn of packages that were built with an older framework or library.
        return compilation.GetDiagnostics().Where(d => d.Severity >= DiagnosticSeverity.Warning
            && d.Id is not ("CS8019" or "CS1701"));
    }

    /// <summary>One file: namespaces that are used, what is given, the snippet.</summary>
    private static string Together(string given, string snippet)
    {
        if (given.Length == 0)
        {
            return snippet;
        }

        string[] lines = [.. given.Split('\n'), .. snippet.Split('\n')];
        bool Uses(string line) => Using().IsMatch(line);
        return string.Join('\n', lines.Where(Uses).Distinct().Concat(lines.Where(line => !Uses(line))));
    }

    [GeneratedRegex(@"^using (static )?[A-Za-z.]+;$")]
    private static partial Regex Using();

    /// <summary>The source generators that the SDK gives every project.</summary>
    private static System.Collections.Immutable.ImmutableArray<ISourceGenerator> Generators()
    {
        string pack = ReferencePack("Microsoft.NETCore.App.Ref");
        AnalyzerFileReference json = new(
            Path.Combine(pack, "analyzers", "dotnet", "cs", "System.Text.Json.SourceGeneration.dll"),
            new Loader());
        return json.GetGenerators(LanguageNames.CSharp);
    }

    private static string ReferencePack(string name)
    {
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string packs = Path.GetFullPath(Path.Combine(framework, "..", "..", "..", "packs", name));
        return Directory.GetDirectories(packs, "10.*").Order(StringComparer.Ordinal).Last();
    }

    /// <summary>Of a web project, what the others do not have.</summary>
    private static MetadataReference[] FindWebReferences()
    {
        HashSet<string> there =
            [.. _references.Value.Select(reference => Path.GetFileName(reference.Display!))];
        string[] all = Directory.GetFiles(
            Path.Combine(ReferencePack("Microsoft.AspNetCore.App.Ref"), "ref", "net10.0"), "*.dll");
        return
        [
            .. all.Where(path => !there.Contains(Path.GetFileName(path)))
                .Select(path => MetadataReference.CreateFromFile(path)),
        ];
    }

    private static MetadataReference[] FindReferences()
    {
        // Loaded here, so that they are among the references whatever ran before.
        RuntimeHelpers.RunClassConstructor(typeof(LogEngineBuilder).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(CacheOptions).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(SimulatedDisk).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(EngineConformance).TypeHandle);
        string all = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return
        [
            .. all.Split(Path.PathSeparator).Where(File.Exists)
                .Where(path => Path.GetFileName(path) is not "LogEngine.Unit.dll"
                    and not "LogEngine.Cli.dll")

                // The tests have the web framework; a console project has not.
                .Where(path => !Path.GetFileName(path).StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal))
                .Select(path => MetadataReference.CreateFromFile(path)),
        ];
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public System.Reflection.Assembly LoadFromPath(string fullPath) =>
            System.Reflection.Assembly.LoadFrom(fullPath);
    }
}
