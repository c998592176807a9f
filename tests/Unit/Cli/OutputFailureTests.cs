using LogEngine.Cli;
using LogEngine.Unit.Inspection;

namespace LogEngine.Unit.Cli;

/// <summary>
/// Case F1: standard output on a full device was met with exit code 0 and no word, whatever the verb;
/// a damaged log was verified with 0 where its output failed. Case F3: `blob export` alone ended with 2
/// where its reader had gone.
/// </summary>
public sealed class OutputFailureTests(FurnishedStores stores)
    : IClassFixture<FurnishedStores>, IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public static TheoryData<string> All => new(Verbs.Lines);

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Every_verb_is_tested_here() => Assert.Equal(
        Verbs.OfTheTool().Order(StringComparer.Ordinal),
        Verbs.Lines
            .Select(line => Verbs.OfTheTool().First(verb => (line + " ").StartsWith(
                verb + " ", StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_full_device_under_standard_output_is_told_and_ends_with_2(string line)
    {
        stores.CopyTo(_scratch);

        (int code, string error) = await RunAsync(line, FailingStream.Full());

        Assert.Equal(2, code);
        string told = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith("logengine: ", told, StringComparison.Ordinal);
        Assert.Contains(
            "standard output cannot be written: No space left on device",
            told,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_reader_that_has_gone_ends_every_verb_quietly(string line)
    {
        stores.CopyTo(_scratch);

        (int code, string error) = await RunAsync(line, FailingStream.Closed());

        Assert.Equal(0, code);
        Assert.DoesNotContain("logengine:", error, StringComparison.Ordinal);
    }

    /// <summary>What is done is done, so that no script does it twice.</summary>
    [Theory]
    [InlineData("kv put ENGINE k b 2", "done (")]
    [InlineData("queue send ENGINE q x", "enqueued up to message")]
    [InlineData("topic append ENGINE t x", "appended up to offset 2")]
    [InlineData("append LOG --print-acks", "1 records were appended")]
    [InlineData("restore BACKUP NEW", "done (")]
    public async Task A_change_that_could_not_be_told_is_said_to_be_made(string line, string said)
    {
        stores.CopyTo(_scratch);

        (int code, string error) = await RunAsync(line, FailingStream.Full());

        Assert.Equal(2, code);
        Assert.Contains(said, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verify", true)]
    [InlineData("verify", false)]
    [InlineData("stat", true)]
    [InlineData("salvage", true)]
    [InlineData("salvage", false)]
    [InlineData("cat", true)]
    public async Task Damage_ends_with_3_whatever_becomes_of_the_output(string verb, bool closed)
    {
        await InspectedLogs.CreateAsync(_scratch);
        if (verb == "stat")
        {
            // It reads no payloads.
            File.Delete(InspectedLogs.Segment(_scratch.Path, 1));
        }
        else
        {
            string path = InspectedLogs.Segment(_scratch.Path, 0);
            Layout.Flip(path, Layout.Of(path).PayloadOf(3));
        }

        string[] args = verb == "salvage"
            ? [verb, _scratch.Path, "--to", _scratch.Sibling("new")]
            : [verb, _scratch.Path];
        (int code, string error) = await RunAsync(
            args, closed ? FailingStream.Closed() : FailingStream.Full());

        Assert.Equal(3, code);
        if (!closed)
        {
            Assert.Contains("No space left", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_help_is_output_like_any_other()
    {
        (int code, string error) = await RunAsync(["--help"], FailingStream.Full());

        Assert.Equal(2, code);
        Assert.Contains("No space left", error, StringComparison.Ordinal);
    }

    private Task<(int Code, string Error)> RunAsync(string line, Stream output) =>
        RunAsync(Verbs.Arguments(line, _scratch), output, Verbs.Input(line));

    private static async Task<(int Code, string Error)> RunAsync(
        string[] args, Stream output, string input = "")
    {
        await using StringWriter error = new();
        int code = await CommandLineTool.RunAsync(
            args,
            new ToolIO(Tool.Input(input), output, error, ShowProgress: false),
            CancellationToken.None);
        return (code, error.ToString());
    }
}
