using LogEngine.PostgreSql;
using Xunit.Abstractions;
using Xunit.Sdk;

// A mistake is in force everywhere in the process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace LogEngine.PostgreSqlTests;

/// <summary>The tests are tested: each mistake that is planted must be found.</summary>
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    public static TheoryData<string> Bugs =>
        [.. Enum.GetNames<PlantedBug>().Where(name => name != nameof(PlantedBug.None))];

    [SkippableTheory]
    [MemberData(nameof(Bugs))]
    public async Task Planted_bug_is_caught(string name)
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        PlantedBugs.Everywhere = Enum.Parse<PlantedBug>(name);
        try
        {
            XunitException caught = await Assert.ThrowsAnyAsync<XunitException>(
                () => HuntAsync(Enum.Parse<PlantedBug>(name)));
            output.WriteLine($"{name} caught: {caught.Message}");
        }
        finally
        {
            PlantedBugs.Everywhere = PlantedBug.None;
        }
    }

    [Fact]
    public void Every_mistake_is_planted() => PlantedPatches.MustBeThoseOf<PlantedBug>();

    private Task HuntAsync(PlantedBug bug) => bug switch
    {
        PlantedBug.CancelledWaitTrusted => OnTwoAsync(servers => new StandbyTests(servers)
            .A_commit_whose_wait_was_cancelled_is_not_acknowledged_before_the_standby_has_it()),
        PlantedBug.NoBarrierAtOpen => OnTwoAsync(servers => new StandbyTests(servers)
            .What_the_standby_has_not_got_is_not_shown_by_a_primary_that_came_back()),
        PlantedBug.ClaimUnconfirmed => OnTwoAsync(servers => new FailoverTests(servers, output)
            .A_primary_that_was_replaced_while_it_stood_still_hands_out_nothing_when_it_wakes()),
        PlantedBug.ClaimRunTwice => OnOneAsync(server => new SharingTests(server)
            .Each_message_is_leased_once_and_to_somebody_who_got_it()),
        PlantedBug.FlushOfNothing => OnOneAsync(server => new SharingTests(server)
            .A_flush_makes_durable_what_was_not_waited_for()),
        PlantedBug.LostClaimKept => OnOneAsync(server => new CutTests(server)
            .What_a_lost_claim_has_leased_is_delivered_once_under_another_lease(nameof(Cut.BeforeAnswer))),
        PlantedBug.LostGroupRepeated => OnOneAsync(server => new CutTests(server)
            .A_message_is_enqueued_once_and_has_the_id_that_was_told(nameof(Cut.BeforeAnswer))),
        PlantedBug.OrderNotKept => OnOneAsync(server => new OrderTests(server)
            .Who_comes_later_waits_for_a_transaction_that_commits_late()),
        PlantedBug.LateCommitPassed => OnOneAsync(server => new WatchTests(server)
            .A_transaction_that_commits_late_is_told_in_its_place()),
        _ => throw new ArgumentOutOfRangeException(nameof(bug), bug, "Nobody hunts it."),
    };

    private static async Task OnOneAsync(Func<OneServer, Task> test)
    {
        OneServer server = new();
        try
        {
            await server.InitializeAsync();
            await test(server);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private static async Task OnTwoAsync(Func<TwoServers, Task> test)
    {
        TwoServers servers = new();
        try
        {
            await servers.InitializeAsync();
            await test(servers);
        }
        finally
        {
            await servers.DisposeAsync();
        }
    }
}
