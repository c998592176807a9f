namespace LogEngine.Unit.Architecture;

/// <summary>Nothing in src/ is too large to be read at once, or it says why.</summary>
public sealed class SizeTests
{
    [SkippableFact]
    public void Files_methods_and_constructors_are_within_the_limits()
    {
        string[] breaches =
        [
            .. Sources.All().SelectMany(source => SizeRules.Breaches(
                Path.GetRelativePath(Sources.Root(), source), File.ReadAllText(source))),
        ];
        Assert.True(breaches.Length == 0, string.Join('\n', breaches.Order()));
    }

    [Fact]
    public void A_file_that_is_too_long_is_found()
    {
        string body = Lines(SizeRules.MostFileLines - 2, "int _f{0};");
        Assert.Empty(Breaches($"class C {{\n{body}}}"));
        Assert.Contains("351 lines of code", Assert.Single(Breaches($"class C {{\n{body}int _g;\n}}")));
    }

    [Fact]
    public void Blank_lines_and_comments_are_not_counted()
    {
        string body = Lines(SizeRules.MostFileLines - 3, "\n// A word.\n/// <summary>Another.</summary>\nint _f{0};");
        Assert.Empty(Breaches($"class C\n{{\n{body}}}"));
    }

    [Theory]
    [InlineData("void M()\n{{\n{0}}}", "M has 61 lines")]
    [InlineData("C()\n{{\n{0}}}", "C has 61 lines")]
    [InlineData("int P\n{{\nget\n{{\n{0}}}}}", "P has 61 lines")]
    [InlineData("void Outer() {{\nvoid M()\n{{\n{0}}} }}", "M has 61 lines")]
    public void A_method_that_is_too_long_is_found(string member, string breach)
    {
        string within = string.Format(null, member, Lines(SizeRules.MostMethodLines - 4, "F({0});"));
        string over = string.Format(null, member, Lines(SizeRules.MostMethodLines - 2, "F({0});"));
        Assert.Empty(Breaches($"class C\n{{\n{within}\n}}"));
        Assert.Contains(Breaches($"class C\n{{\n{over}\n}}"), found => found.Contains(breach));
    }

    [Theory]
    [InlineData("class C {{ C({0}) {{ }} }}")]
    [InlineData("class C({0});")]
    [InlineData("record struct C({0});")]
    public void A_constructor_with_too_many_parameters_is_found(string type)
    {
        Assert.Empty(Breaches(string.Format(null, type, Parameters(7))));
        Assert.Contains("8 parameters", Assert.Single(Breaches(string.Format(null, type, Parameters(8)))));
    }

    [Fact]
    public void A_place_that_says_why_is_let_be()
    {
        const string Why = "// Over the limit: the eight are the fields of one header, read together.";
        Assert.Empty(Breaches($"/// <summary>A.</summary>\n{Why}\nclass C({Parameters(8)});"));
        Assert.NotEmpty(Breaches($"// Over the limit: yes.\nclass C({Parameters(8)});"));
        Assert.Contains("excuses nothing", Assert.Single(Breaches($"{Why}\nclass C({Parameters(7)});")));
    }

    private static string Parameters(int count) =>
        string.Join(", ", Enumerable.Range(0, count).Select(i => $"int p{i}"));

    private static string Lines(int count, string format) =>
        string.Concat(Enumerable.Range(0, count).Select(i => string.Format(null, format, i) + "\n"));

    private static string[] Breaches(string source) => [.. SizeRules.Breaches("C.cs", source)];
}
