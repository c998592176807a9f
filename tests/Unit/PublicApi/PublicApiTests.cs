using System.Reflection;
using LogEngine.Extensions;
using LogEngine.Testing;

namespace LogEngine.Unit.PublicApi;

/// <summary>
/// The public surface of a package changes only on purpose: with its file, in the same commit.
/// </summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> Packages => new(_assemblies.Keys);

    private static readonly Dictionary<string, Assembly> _assemblies = new[]
    {
        typeof(WriteAheadLog).Assembly,
        typeof(LogEngineBuilder).Assembly,
        typeof(SimulatedDisk).Assembly,
    }.ToDictionary(assembly => assembly.GetName().Name!);

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_surface_is_the_approved_one(string package)
    {
        string path = Path.Combine(
            AppContext.BaseDirectory, "PublicApi", $"{package}.approved.txt");
        string actual = PublicApiText.Of(_assemblies[package]);
        string[] approved = File.Exists(path) ? File.ReadAllText(path).Split('\n') : [];
        string[] present = actual.Split('\n');
        if (!approved.SequenceEqual(present))
        {
            string received = Path.Combine(Path.GetTempPath(), $"{package}.received.txt");
            File.WriteAllText(received, actual);
            Assert.Fail(
                $"The public surface differs from tests/Unit/PublicApi/{package}.approved.txt:\n"
                + string.Join('\n', approved.Except(present).Select(line => "- " + line))
                + "\n"
                + string.Join('\n', present.Except(approved).Select(line => "+ " + line))
                + $"\nIf that is meant, copy {received} over it.");
        }
    }
}
