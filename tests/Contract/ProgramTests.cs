using System.Reflection;
using System.Runtime.CompilerServices;
using LogEngine.Testing;

namespace LogEngine.Contract;

/// <summary>
/// Programs that take a <see cref="StorageEngine"/> compile with what is public, and do the same on every
/// engine. Another engine is another row of <see cref="Engines"/>.
/// </summary>
public sealed class ProgramTests
{
    public static TheoryData<string> Engines => ["files", "memory", "simulated disk"];

    [Theory]
    [MemberData(nameof(Engines))]
    public Task Hello_world(string engine) =>
        OnAsync(engine, async opened => Assert.Equal("world", await HelloWorld.RunAsync(opened)));

    [Theory]
    [MemberData(nameof(Engines))]
    public Task A_worker_counts_what_failed_once_just_once(string engine) =>
        OnAsync(engine, async opened => Assert.Equal(55, await Worker.SumAsync(opened, upTo: 10)));

    [Theory]
    [MemberData(nameof(Engines))]
    public Task A_batch_over_three_stores_is_all_or_nothing(string engine) =>
        OnAsync(engine, async opened =>
            Assert.Equal((true, false, 1L), await Together.RunAsync(opened)));

    [Fact]
    public void This_project_is_told_nothing_that_is_internal()
    {
        string me = typeof(ProgramTests).Assembly.GetName().Name!;
        foreach (Assembly assembly in new[] { typeof(StorageEngine).Assembly, typeof(SimulatedDisk).Assembly })
        {
            Assert.DoesNotContain(
                me,
                assembly.GetCustomAttributes<InternalsVisibleToAttribute>().Select(told => told.AssemblyName));
        }
    }

    private static async Task OnAsync(string kind, Func<StorageEngine, Task> program)
    {
        switch (kind)
        {
            case "files":
                DirectoryInfo directory = Directory.CreateTempSubdirectory("contract-");
                await using (StorageEngine engine = await StorageEngine.OpenAsync(directory.FullName))
                {
                    await program(engine);
                }

                directory.Delete(recursive: true);
                break;
            case "memory":
                await using (StorageEngine engine = StorageEngine.OpenInMemory())
                {
                    await program(engine);
                }

                break;
            case "simulated disk":
                SimulatedDisk disk = new(seed: 1);
                StorageEngine simulated = disk.OpenEngine("/engine");
                disk.Run(() => program(simulated));
                disk.Run(() => simulated.CloseAsync().AsTask());
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such engine.");
        }
    }
}
