namespace LogEngine.Unit.Architecture;

/// <summary>What a compiled assembly does not show.</summary>
public sealed class SourceTests
{
    [SkippableFact]
    public void The_product_is_compiled_in_one_way() =>
        Assert.All(Sources.All(), source => Assert.DoesNotContain(
            File.ReadLines(source), line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal)));
}
