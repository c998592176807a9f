using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace LogEngine.Packaging;

/// <summary>
/// An application with every package that says that it can be compiled ahead of time is, with all that is in them, without
/// a warning, and runs.
/// </summary>
[Collection(PackedPackages.Collection)]
public sealed partial class AheadOfTimeTests(PackedPackages packages)
{
    private const string Program = """
        using System.Net;
        using System.Text;
        using LogEngine;
        using LogEngine.Extensions;
        using LogEngine.PostgreSql;
        using LogEngine.Stores.Queues;
        using LogEngine.Testing;
        using Microsoft.Extensions.Caching.Distributed;

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddLogEngine("main", settings => settings.Embedded.Directory = args[0])
            .AddQueue("mail")
            .AddDistributedCache();
        builder.Services.AddHealthChecks().Add(LogEngineHealth.Registration("main"));
        await using WebApplication app = builder.Build();
        app.MapLogEngine(configure: options => options.AllowAnonymous = true);
        app.MapHealthChecks("/health");
        await app.StartAsync();

        IDistributedCache cache = app.Services.GetRequiredService<IDistributedCache>();
        await cache.SetStringAsync("key", "kept");
        Console.WriteLine(await cache.GetStringAsync("key"));
        DurableQueue queue = app.Services.GetRequiredKeyedService<DurableQueue>("mail");
        await queue.EnqueueAsync(new QueueMessage(Encoding.UTF8.GetBytes("hello")));
        await (await queue.TryReceiveAsync())!.DeadLetterAsync("for the page");
        using HttpClient client = new() { BaseAddress = new Uri(app.Urls.Single()) };
        Console.WriteLine(await client.GetStringAsync("/health"));
        string page = await client.GetStringAsync("/logengine?engine=main&queue=mail");
        Console.WriteLine(page.Contains("for the page") ? "a page" : page);
        Console.WriteLine((await client.GetStringAsync("/logengine/live?engine=main"))[..15]);
        try
        {
            await PostgreSqlEngine.OpenAsync(new PostgreSqlEngineOptions
            {
                ConnectionString = "Host=127.0.0.1;Port=1",
                RetryTime = TimeSpan.Zero,
            });
        }
        catch (StorageUnavailableException)
        {
            Console.WriteLine("no server");
        }

        Console.WriteLine(typeof(SimulatedDisk).Name);
        """;

    [SkippableFact]
    public async Task An_application_compiled_ahead_of_time_has_no_warning_and_runs()
    {
        Skip.If(
            !HasToolchain,
            "no C toolchain to link with: neither clang nor gcc is installed");
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("logengine-aot-");
        try
        {
            string[] claimed = [.. Claimed()];
            Assert.Contains("LogEngine.AspNetCore", claimed);
            string project = await OutsideProject.WriteAsync(
                packages,
                scratch,
                "Microsoft.NET.Sdk.Web",
                $"""
                <RestoreSources></RestoreSources>
                <RestoreAdditionalProjectSources>{packages.Directory}</RestoreAdditionalProjectSources>
                <PublishAot>true</PublishAot>
                <RuntimeIdentifier>{RuntimeInformation.RuntimeIdentifier}</RuntimeIdentifier>
                <InvariantGlobalization>true</InvariantGlobalization>
                <Optimize>false</Optimize>
                <StripSymbols>false</StripSymbols>
                <TrimmerSingleWarn>false</TrimmerSingleWarn>
                <EnableConfigurationBindingGenerator>true</EnableConfigurationBindingGenerator>
                </PropertyGroup><ItemGroup>
                {string.Concat(claimed.Select(name => $"<TrimmerRootAssembly Include=\"{name}\" />"))}
                </ItemGroup><PropertyGroup>
                """,
                claimed,
                Program);
            string published = Path.Combine(scratch.FullName, "published");
            (int code, string output) = await DotNet.RunAsync("publish", project, "-o", published);
            Skip.If(
                code != 0 && MissingPack().IsMatch(output),
                $"nothing to compile with here: {MissingPack().Match(output).Value}");
            Assert.True(code == 0, output);
            Assert.DoesNotMatch("warning (IL|NETSDK|SYSLIB)", output);
            (code, output) = await DotNet.RunProgramAsync(
                Path.Combine(published, "Mine"), Path.Combine(scratch.FullName, "data"));
            Assert.True(code == 0, output);
            Assert.Contains(
                "kept\nHealthy\na page\n{\"state\":\"open\"\nno server\nSimulatedDisk\n", output, StringComparison.Ordinal);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>The packages whose projects say so.</summary>
    private static IEnumerable<string> Claimed() => Directory
        .EnumerateFiles(Path.Combine(Repository.Root!, "src"), "*.csproj", SearchOption.AllDirectories)
        .Select(project => (Path: project, Content: XElement.Load(project)))
        .Where(project => Says(project.Content, "IsAotCompatible") && !Says(project.Content, "PackAsTool"))
        .Select(project => Path.GetFileNameWithoutExtension(project.Path));

    private static bool Says(XElement project, string property) =>
        project.Descendants(property).Any(says => says.Value == "true");

    /// <summary>Whether something can be linked here.</summary>
    internal static bool HasToolchain { get; } =
        RuntimeInformation.IsOSPlatform(OSPlatform.Linux) && (IsThere("clang") || IsThere("gcc"));

    private static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(place => File.Exists(Path.Combine(place, program)));

    // The compiler and the runtime are packages too; without a source that has them, restoring fails.
    [GeneratedRegex(@"error NU1\d\d\d: [^\n]*(ILCompiler|App\.Runtime|ILLink)[^\n]*")]
    private static partial Regex MissingPack();
}
