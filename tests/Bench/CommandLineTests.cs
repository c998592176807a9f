using LogEngine.Compare;

namespace LogEngine.Bench;

public class CommandLineTests
{
    [Fact]
    public void Every_suite_and_side_is_in_the_help_and_in_the_README()
    {
        string readme = File.ReadAllText(Repository.RequireFile("bench", "README.md"));
        string[] sides = [.. SuiteCatalog.All.Where(suite => suite.Name is not ("stores" or "stores-scale"))
            .SelectMany(suite => (string[])[.. suite.Engines, .. suite.MoreEngines]).Distinct()];

        Assert.All(SuiteCatalog.All, suite =>
        {
            Assert.Contains($"`{suite.Name}`", readme, StringComparison.Ordinal);
            Assert.Contains(suite.Name, HelpText.Text, StringComparison.Ordinal);
        });
        Assert.All(sides, side => Assert.Contains($"`{side}`", readme, StringComparison.Ordinal));
    }

    [Fact]
    public void A_quick_run_is_short_and_the_command_line_comes_after_it()
    {
        CompareOptions options = OptionParser.Parse(
            SuiteCatalog.Of("ycsb"), ["--keys", "7000", "--quick", "--durability", "process-crash"]);

        Assert.Equal([7000], options.Keys);
        Assert.Equal([Durability.ProcessCrash], options.Durabilities);
        Assert.Equal(1, options.Repeat);
        Assert.All(
            SuiteCatalog.All.Select(suite => suite.Options(quick: true)),
            quick => Assert.InRange(quick.Length.TotalSeconds, 0.1, 0.5));
    }

    [Theory]
    [InlineData("leveldb", "--engines", "leveldb")]
    [InlineData("'never'", "--durability", "power-loss,never")]
    [InlineData("not '0'", "--keys", "0")]
    [InlineData("--wat", "--wat", "1")]
    [InlineData("--seconds", "--seconds")]
    public void What_is_not_understood_is_named(string named, params string[] args)
    {
        UsageException error = Assert.Throws<UsageException>(
            () => OptionParser.Parse(SuiteCatalog.Of("kv-put"), args));

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => SuiteCatalog.Of("kv-nothing"));
    }
}
