using LogEngine.Conformance.Backends;
using LogEngine.Conformance.Cases;

namespace LogEngine.Conformance;

/// <summary>Runs every case on every backend.</summary>
public sealed class ConformanceTests
{
    /// <summary>Power losses of the simulated disk are drawn anew for each.</summary>
    private const int Seeds = 4;

    private static readonly IReadOnlyDictionary<string, StoreCase> StoreCases =
        StoreCase.Of<StoreSession>();

    private static readonly IReadOnlyDictionary<string, StoreCase> SnapshotCases =
        StoreCase.Of<SnapshotSession>();

    public static TheoryData<string> Stores => [.. StoreCases.Keys.Order()];

    public static TheoryData<string> Simulated =>
        [.. StoreCases.Values.Where(found => !found.Waits).Select(found => found.Name).Order()];

    public static TheoryData<string> Snapshots => [.. SnapshotCases.Keys.Order()];

    [Theory]
    [MemberData(nameof(Stores))]
    public Task On_files(string name) => RunAsync(EngineSession.OpenFilesAsync, name);

    [Theory]
    [MemberData(nameof(Stores))]
    public Task In_memory(string name) => RunAsync(EngineSession.OpenMemoryAsync, name);

    /// <summary>
    /// Cases of stores that know only the contract; a queue is made for its engine, and this one has none.
    /// </summary>
    public static TheoryData<string> Plain =>
    [
        .. StoreCases.Values.Where(found => !found.Embedded && found.Store is not (QueueWork.Store or MessageCases.Store))
            .Select(found => found.Name).Order(),
    ];

    [Theory]
    [MemberData(nameof(Plain))]
    public Task On_an_engine_of_the_contract_alone(string name) =>
        RunAsync(PlainSession.OpenAsync, name);

    [Theory]
    [MemberData(nameof(Simulated))]
    public void On_the_simulated_disk_with_a_power_loss_between_steps(string name)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            SimulatedSession.Run(seed, (Func<StoreSession, Task>)StoreCases[name].Body);
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

    private static async Task RunAsync(Func<Task<StoreSession>> open, string name)
    {
        await using StoreSession session = await open();
        await ((Func<StoreSession, Task>)StoreCases[name].Body)(session)
            .WaitAsync(TimeSpan.FromMinutes(2));
    }

    private static async Task RunAsync(SnapshotSession session, string name)
    {
        using (session)
        {
            await ((Func<SnapshotSession, Task>)SnapshotCases[name].Body)(session);
        }
    }
}
