using LogEngine.Conformance.Backends;
using LogEngine.Stores.Migration;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Running;
using Xunit.Abstractions;

namespace LogEngine.Conformance;

/// <summary>
/// A power loss of the target's disk before each change that a migration makes to it: what is left is
/// resumed from a source that has gone on meanwhile, and is complete.
/// </summary>
public sealed class MigrationCrashTests(ITestOutputHelper output)
{
    private static readonly StorageEngineOptions Options = new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = 0,
        SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_migration_is_resumed_after_a_power_loss_at_each_io(int seed)
    {
        List<SimulatedFileSystem> left = [];
        SimulatedMachine machine = new(new SimulatedFileSystem(), seed);
        EmbeddedEngine source = machine.OpenEngine("/source", Options);
        EmbeddedEngine target = machine.OpenEngine("/target", Options);
        Run(machine, async () =>
        {
            await FurnishedEngine.FillAsync(source, hasQueues: true, isSmall: true);
            await source.FlushAsync();
            machine.Disk.BeforeChange = disk =>
                left.Add(SimulatedSession.Crash(disk, (seed * 1000) + left.Count));
            await EngineMigration.RunAsync(source, target);
            machine.Disk.BeforeChange = null;
        });
        machine.Kill();
        int[] found = new int[3];
        foreach (SimulatedFileSystem disk in left)
        {
            found[(int)Resume(disk)]++;
        }

        output.WriteLine(
            $"{left.Count} crash states: {found[0]} without a migration, {found[1]} unfinished, "
            + $"{found[2]} complete");
        Assert.True(found[1] > 3, "the migration was cut too seldom");
    }

    /// <summary>Goes on with what a power loss has left, after the source has changed; says what was there.</summary>
    private static Found Resume(SimulatedFileSystem disk)
    {
        Found found = Found.Nothing;
        SimulatedMachine machine = new(disk, 7);
        EmbeddedEngine source = machine.OpenEngine("/source", Options);
        EmbeddedEngine target = machine.OpenEngine("/target", Options);
        Run(machine, async () =>
        {
            found = await EngineMigration.IsUnfinishedAsync(target) ? Found.Unfinished
                : (await target.ListKeyspacesAsync()).Count > 0 ? Found.Complete
                : Found.Nothing;
            if (found != Found.Complete)
            {
                Keyspace orders = source.GetKeyspace("orders");
                await orders.PutAsync("order 0002"u8.ToArray(), "other"u8.ToArray());
                await orders.DeleteAsync("order 0008"u8.ToArray());
                await EngineMigration.RunAsync(source, target, new MigrationOptions { Resume = true });
                Assert.False(await EngineMigration.IsUnfinishedAsync(target));
            }

            Assert.Equal(
                await FurnishedEngine.ListAsync(source, hasQueues: true),
                await FurnishedEngine.ListAsync(target, hasQueues: true));
            Assert.Equal(
                await FurnishedEngine.ByVersionAsync(source, "orders"),
                await FurnishedEngine.ByVersionAsync(target, "orders"));
        });
        machine.Kill();
        return found;
    }

    private static void Run(SimulatedMachine machine, Func<Task> body)
    {
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new SimulatedContext(machine.Scheduler));
        Task running;
        try
        {
            running = body();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        machine.Wait(running);
    }

    private enum Found
    {
        Nothing,
        Unfinished,
        Complete,
    }
}
