using LogEngine.Index;
using Xunit.Abstractions;

namespace LogEngine.IndexModel;

/// <summary>The model test is tested: each mistake that is planted must be found.</summary>
public sealed class IndexBugTests(ITestOutputHelper output)
{
    private const long MostChanges = 4_000_000;

    public static TheoryData<string> Bugs =>
        [.. Enum.GetNames<IndexBug>().Where(name => name != nameof(IndexBug.None))];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Planted_bug_is_caught(string name)
    {
        IndexHunt hunt = new() { Shrinks = false };
        IndexBugs.Active = Enum.Parse<IndexBug>(name);
        try
        {
            for (ulong round = 0; hunt.Changes < MostChanges; round++)
            {
                foreach (KeyFamily family in KeyFamilies.All)
                {
                    hunt.Run(IndexPlan.Of(family, KeyFamilies.Mix(1, (long)round)));
                }
            }
        }
        catch (IndexDifferenceException e)
        {
            output.WriteLine($"{name}: after {hunt.Changes} changes: {e.Message.Split('\n')[0]}");
            return;
        }
        finally
        {
            IndexBugs.Active = IndexBug.None;
        }

        Assert.Fail($"{name} was not caught in {hunt.Changes} changes");
    }

    [Fact]
    public void Every_mistake_of_the_index_is_planted() =>
        PlantedPatches.MustBeThoseOf<IndexBug>();

    [Fact]
    public void What_fails_is_told_by_a_few_changes()
    {
        IndexBugs.Active = IndexBug.RangeTakesItsEnd;
        try
        {
            IndexHunt hunt = new();
            IndexDifferenceException e = Assert.Throws<IndexDifferenceException>(() =>
            {
                for (ulong round = 0; round < 50; round++)
                {
                    hunt.Run(IndexPlan.Of(KeyFamily.Words, round));
                }
            });
            int changes = e.Message.Split('\n').Count(line => line.StartsWith("  ", default));
            Assert.InRange(changes, 1, 20);
            Assert.Contains("LOGENGINE_INDEX_SEED=Words:", e.Message, default);
        }
        finally
        {
            IndexBugs.Active = IndexBug.None;
        }
    }
}
