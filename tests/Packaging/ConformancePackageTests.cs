using System.Globalization;
using System.Text.RegularExpressions;

namespace LogEngine.Packaging;

/// <summary>
/// Somebody else's project, outside the checkout, runs the conformance suite from its package: on an engine that
/// keeps what it acknowledges, and on one that forgets it.
/// </summary>
[Collection(PackedPackages.Collection)]
public sealed partial class ConformancePackageTests(PackedPackages packages)
{
    private const string Tests = """
        using LogEngine;
        using LogEngine.Conformance;

        [LeavesOut("Keyspace / watch", "as an engine does that cannot watch")]
        public sealed class KeepingTests : EngineConformance
        {
            protected override ConformanceSession NewSession() => new KeepingSession();
        }

        public sealed class ForgettingTests : EngineConformance
        {
            protected override ConformanceSession NewSession() => new ForgettingSession();
        }

        internal sealed class KeepingSession : ConformanceSession
        {
            private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("logengine-suite-");

            protected override async ValueTask<StorageEngine> OpenEngineAsync() => await StorageEngine.OpenAsync(
                _directory.FullName,
                new StorageEngineOptions { TimeProvider = Time, DefaultDurability = Durability.ProcessCrash });

            public override async ValueTask DisposeAsync()
            {
                await base.DisposeAsync();
                _directory.Delete(recursive: true);
            }
        }

        internal sealed class ForgettingSession : ConformanceSession
        {
            protected override ValueTask<StorageEngine> OpenEngineAsync() =>
                new(StorageEngine.OpenInMemory(new StorageEngineOptions { TimeProvider = Time }));
        }
        """;

    [SkippableFact]
    public async Task A_project_of_somebody_else_runs_the_suite_from_its_package()
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("logengine-conformance-");
        try
        {
            string project = await OutsideProject.WriteAsync(
                packages,
                scratch,
                "Microsoft.NET.Sdk",
                "",
                ["LogEngine.Conformance", "Microsoft.NET.Test.Sdk", "xunit", "xunit.runner.visualstudio"],
                Tests);
            (int code, string output) = await RunAsync(project, "KeepingTests");
            Assert.True(code == 0, output);
            int kept = Count(output, "Passed");
            Assert.InRange(kept, 100, int.MaxValue);
            Assert.Equal(0, Count(output, "Failed"));

            // Whatever a restart is to keep is missed.
            (code, output) = await RunAsync(project, "ForgettingTests&DisplayName~message", "--no-build");
            Assert.NotEqual(0, code);
            Assert.InRange(Count(output, "Failed"), 3, int.MaxValue);
            Assert.InRange(Count(output, "Passed"), 1, int.MaxValue);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static Task<(int Code, string Output)> RunAsync(
        string project, string tests, params string[] more) => DotNet.RunAsync(
        ["test", project, "--nologo", "--filter", $"FullyQualifiedName~{tests}", .. more]);

    private static int Count(string output, string kind) => int.Parse(
        Counts().Match(output).Groups[kind].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"Failed: +(?<Failed>\d+), Passed: +(?<Passed>\d+)")]
    private static partial Regex Counts();
}
