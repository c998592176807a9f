using LogEngine.Conformance.Backends;

namespace LogEngine.Conformance;

/// <summary>The contract, on files.</summary>
public sealed class FilesTests : EngineConformance
{
    protected override ConformanceSession NewSession() => EngineSession.OfFiles();
}

/// <summary>The contract, in memory.</summary>
public sealed class MemoryTests : EngineConformance
{
    protected override ConformanceSession NewSession() => EngineSession.OfMemory();
}

/// <summary>The contract, on an engine of nothing but the contract.</summary>
[LeavesOut("DurableQueue", "a queue is made for its engine, and this one has none")]
[LeavesOut("Messages", "they are in a queue")]
public sealed class PlainEngineTests : EngineConformance
{
    protected override ConformanceSession NewSession() => new PlainSession();
}

/// <summary>
/// The contract on the simulated disk, and on all that has files the cases that are about more than the contract.
/// </summary>
public sealed class ConformanceTests
{
    /// <summary>Power losses of the simulated disk are drawn anew for each.</summary>
    private const int Seeds = 4;

    private static readonly IReadOnlyDictionary<string, EmbeddedCase<StoreSession>> EmbeddedCases =
        EmbeddedCase<StoreSession>.All;

    private static readonly IReadOnlyDictionary<string, EmbeddedCase<SnapshotSession>> SnapshotCases =
        EmbeddedCase<SnapshotSession>.All;

    public static TheoryData<string> Embedded => [.. EmbeddedCases.Keys.Order()];

    public static TheoryData<string> Snapshots => [.. SnapshotCases.Keys.Order()];

    /// <summary>A case that waits goes on on the pool, which the simulation does not have.</summary>
    public static TheoryData<string> Simulated =>
    [
        .. ConformanceCase.All.Where(found => !found.Waits).Select(found => found.Name)
            .Concat(EmbeddedCases.Keys).Order(),
    ];

    [Theory]
    [MemberData(nameof(Embedded))]
    public Task On_files(string name) => RunAsync(EngineSession.OfFiles(), name);

    [Theory]
    [MemberData(nameof(Embedded))]
    public Task In_memory(string name) => RunAsync(EngineSession.OfMemory(), name);

    [Theory]
    [MemberData(nameof(Simulated))]
    public void On_the_simulated_disk_with_a_power_loss_between_steps(string name)
    {
        Func<StoreSession, Task> body = EmbeddedCases.TryGetValue(name, out EmbeddedCase<StoreSession>? found)
            ? found.Body
            : ConformanceCase.Named(name).Body;
        for (int seed = 0; seed < Seeds; seed++)
        {
            SimulatedSession.Run(seed, body);
        }
    }

    [Theory]
    [MemberData(nameof(Snapshots))]
    public Task Snapshot_files_on_files(string name) => RunAsync(SnapshotSession.OfFiles(), name);

    [Theory]
    [MemberData(nameof(Snapshots))]
    public Task Snapshot_files_in_memory(string name) => RunAsync(SnapshotSession.OfMemory(), name);

    [Theory]
    [MemberData(nameof(Snapshots))]
    public async Task Snapshot_files_on_the_simulated_disk(string name)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            await RunAsync(SnapshotSession.OfSimulation(seed), name);
        }
    }

    private static async Task RunAsync(StoreSession session, string name)
    {
        await using (session)
        {
            await session.StartAsync();
            await EmbeddedCases[name].Body(session).WaitAsync(TimeSpan.FromMinutes(2));
        }
    }

    private static async Task RunAsync(SnapshotSession session, string name)
    {
        using (session)
        {
            await SnapshotCases[name].Body(session);
        }
    }
}
