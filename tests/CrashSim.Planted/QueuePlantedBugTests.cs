using LogEngine.CrashSim.Queue;

namespace LogEngine.CrashSim.Planted;

/// <summary>The tests of the queue are tested: each mistake that is planted must be found.</summary>
public sealed class QueuePlantedBugTests
{
    internal const PlantedBug FirstOfQueue = PlantedBug.CountWithoutDelivery;

    [Fact]
    public void A_count_without_a_delivery_is_caught()
    {
        PlantedBugs.Active = PlantedBug.CountWithoutDelivery;
        try
        {
            Assert.Contains(Drains(), violation => violation is not null);
        }
        finally
        {
            PlantedBugs.Active = PlantedBug.None;
        }
    }

    [Fact]
    public void A_delivery_that_is_not_counted_first_is_caught()
    {
        PlantedBugs.Active = PlantedBug.CountNotAwaited;
        try
        {
            Assert.NotEmpty(Poison());
        }
        finally
        {
            PlantedBugs.Active = PlantedBug.None;
        }
    }

    [Fact]
    public async Task A_lost_wake_up_is_caught()
    {
        PlantedBugs.Everywhere = PlantedBug.WakeUpLost;
        try
        {
            Assert.NotNull(await LineOfReceivers.RunAsync(2000, TimeSpan.FromSeconds(5)));
        }
        finally
        {
            PlantedBugs.Everywhere = PlantedBug.None;
        }
    }

    [Fact]
    public void A_group_released_before_its_acknowledgement_is_durable_is_caught()
    {
        PlantedBugs.Active = PlantedBug.GroupReleasedTooEarly;
        try
        {
            Assert.NotEmpty(Groups());
        }
        finally
        {
            PlantedBugs.Active = PlantedBug.None;
        }
    }

    [Fact]
    public void Without_a_planted_bug_the_same_drains_and_groups_find_nothing()
    {
        Assert.All(Drains(), Assert.Null);
        Assert.Empty(Groups());
        Assert.Empty(Poison());
    }

    private static List<string> Poison() =>
        [.. Enumerable.Range(1, 8).Select(PoisonMessage.Run).OfType<string>()];

    private static List<string> Groups() =>
        [.. Enumerable.Range(1, 3).SelectMany(seed => GroupWorkload.Run(seed).Violations)];

    private static IEnumerable<string?> Drains() => Enumerable.Range(0, 8)
        .Select(i => FullDiskDrain.Run(
            seed: i, capacityKib: 400 + (i * 24), many: i % 2 == 0, reopened: i % 4 < 2));
}
