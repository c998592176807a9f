namespace LogEngine.Unit.Cli;

/// <summary>What is on the command line is what is meant, or is refused with a sentence.</summary>
public sealed class ArgumentTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Dir => _scratch.Path;

    public void Dispose() => _scratch.Dispose();

    /// <summary>
    /// Case F2: a value that begins with '@' was taken for the name of a file of arguments, and that
    /// file's content stored or printed.
    /// </summary>
    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_taken_as_it_is()
    {
        string secret = _scratch.Sibling("secret.txt");
        await File.WriteAllTextAsync(secret, "hidden");
        string at = "@" + secret;
        Assert.Equal(0, (await Tool.RunAsync("kv", "put", Dir, at, at, at)).Code);
        Assert.Equal(at, (await Tool.RunAsync("kv", "get", Dir, at, at)).Output);
        Assert.Equal(0, (await Tool.RunAsync("queue", "send", Dir, at, at)).Code);
        Assert.Equal($"{at}\n", (await Tool.RunAsync("queue", "receive", Dir, at)).Output);
        Assert.Equal(0, (await Tool.RunAsync("topic", "append", Dir, at, at)).Code);
        Assert.Equal($"{at}\n", (await Tool.RunAsync("topic", "read", Dir, at)).Output);
        (await Tool.RunAsync("cat", at)).AssertFailed(6, at);
        (await Tool.RunAsync(at)).AssertFailed(1, at);
    }

    /// <summary>Case F5: numbers that are none ended with 2 and a .NET type's name, or not at all.</summary>
    [Theory]
    [InlineData("append DIR --in-flight abc", "--in-flight")]
    [InlineData("append DIR --in-flight 0", "--in-flight")]
    [InlineData("append DIR --segment-size abc", "size")]
    [InlineData("append DIR --segment-size 1", "segment")]
    [InlineData("append DIR --durability much", "much")]
    [InlineData("cat DIR --from x", "--from")]
    [InlineData("cat DIR --to 1e3", "--to")]
    [InlineData("kv put DIR k a 1 --ttl abc", "--ttl")]
    [InlineData("kv put DIR k a 1 --ttl 0", "--ttl")]
    [InlineData("kv put DIR k a 1 --ttl 1e300", "--ttl")]
    [InlineData("kv put DIR k a 1 --ttl NaN", "--ttl")]
    [InlineData("kv put DIR k zz 1 --hex-key", "hexadecimal")]
    [InlineData("kv scan DIR k --limit -1", "--limit")]
    [InlineData("queue send DIR q x --delay 1e300", "--delay")]
    [InlineData("queue send DIR q x --delay -1", "--delay")]
    [InlineData("queue send DIR q x --lane 8", "--lane")]
    [InlineData("queue receive DIR q --count -1", "--count")]
    [InlineData("queue receive DIR q --wait soon", "--wait")]
    [InlineData("queue peek DIR q --count 0", "--count")]
    [InlineData("queue peek DIR q --count 1001", "--count")]
    [InlineData("queue dead-letter DIR q --discard x", "--discard")]
    [InlineData("queue replay DIR q x", "ID")]
    [InlineData("run show DIR s r --from x", "--from")]
    [InlineData("checkpoint export DIR s c --sequence 0", "--sequence")]
    [InlineData("checkpoint import DIR s c --keep 0", "--keep")]
    [InlineData("topic read DIR t --from 0", "--from")]
    [InlineData("topic read DIR t --count 99999999999999999999", "--count")]
    [InlineData("topic reset DIR t g --to x", "--to")]
    public async Task A_value_out_of_range_is_a_usage_error_and_makes_nothing(
        string line, string word)
    {
        ToolResult result = await Tool.RunAsync(
            [.. line.Split(' ').Select(part => part == "DIR" ? Dir : part)]);

        result.AssertFailed(1, word);
        Assert.DoesNotContain("System.", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unexpected", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Dir));
    }

    [Theory]
    [InlineData("""{"key":5,"value":1}""", "line 1", "\"key\" that is no text")]
    [InlineData("""{"value":1}""", "line 1", "no \"key\"")]
    [InlineData("""{"key":"a"}""", "line 1", "no \"value\"")]
    [InlineData("[1]", "line 1", "no JSON object")]
    [InlineData("""{"key":"","value":1}""", "line 1", "empty")]
    public async Task A_line_of_the_wrong_shape_is_named_and_nothing_is_made(
        string input, string line, string word)
    {
        ToolResult result = await Tool.RunAsync(
            Tool.Input(input), ["doc", "import", Dir, "s"]);

        result.AssertFailed(1, line);
        result.AssertFailed(1, word);
        Assert.False(Directory.Exists(Dir));
    }

    [Theory]
    [InlineData("""{"sequence":"1","kind":0,"state":"s","taskId":"t"}""", "sequence")]
    [InlineData("""{"sequence":1.5,"kind":0,"state":"s","taskId":"t"}""", "sequence")]
    [InlineData("""{"sequence":1,"kind":77,"state":"s","taskId":"t"}""", "kind")]
    [InlineData("""{"sequence":1,"kind":0,"state":1,"taskId":"t"}""", "state")]
    [InlineData("""{"sequence":1,"kind":0,"state":"s","taskId":null}""", "taskId")]
    [InlineData("""{"sequence":1,"kind":0,"state":"s","taskId":"t","data":"?"}""", "base64")]
    public async Task A_row_of_the_wrong_shape_is_named_and_nothing_is_made(
        string input, string word)
    {
        ToolResult result = await Tool.RunAsync(
            Tool.Input(input), ["run", "import", Dir, "s", "r"]);

        result.AssertFailed(1, "line 1");
        result.AssertFailed(1, word);
        Assert.False(Directory.Exists(Dir));
    }

    /// <summary>Case F10: an engine, or a keyspace, was made before the mistake was noticed.</summary>
    [Theory]
    [InlineData(6, "doc import DIR s NOFILE")]
    [InlineData(6, "blob import DIR s NOFILE")]
    [InlineData(6, "run import DIR s r NOFILE")]
    [InlineData(6, "checkpoint import DIR s c NOFILE")]
    [InlineData(6, "append DIR NOFILE")]
    [InlineData(1, "kv put DIR LONG a 1")]
    [InlineData(1, "kv put DIR k LONG 1")]
    [InlineData(1, "queue send DIR LONG x")]
    [InlineData(1, "topic append DIR LONG x")]
    [InlineData(1, "doc import DIR LONG")]
    [InlineData(1, "blob import DIR LONG")]
    [InlineData(1, "checkpoint import DIR s LONG")]
    public async Task What_is_refused_makes_no_engine(int code, string line)
    {
        ToolResult result = await Tool.RunAsync(
            Tool.Input("""{"key":"e","value":2}"""),
            [
                .. line.Split(' ').Select(part => part switch
                {
                    "DIR" => Dir,
                    "NOFILE" => _scratch.Sibling("nofile"),
                    "LONG" => new string('x', 3000),
                    _ => part,
                }),
            ]);

        Assert.Equal(code, result.Code);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.False(Directory.Exists(Dir));
    }

    [Fact]
    public async Task Reading_and_deleting_make_no_keyspace()
    {
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "1");
        (await Tool.RunAsync("kv", "delete", Dir, "new", "x")).AssertFailed(6, "no keyspace 'new'");
        (await Tool.RunAsync("kv", "get", Dir, "new", "x")).AssertFailed(6, "no keyspace 'new'");
        (await Tool.RunAsync("kv", "scan", Dir, "new")).AssertFailed(6, "no keyspace 'new'");
        (await Tool.RunAsync("doc", "export", Dir, "new")).AssertFailed(6, "no store 'new'");
        (await Tool.RunAsync("topic", "reset", Dir, "new", "g", "--to", "1"))
            .AssertFailed(6, "no topic 'new'");
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(Dir);
        Assert.Equal(["k"], engine.ListKeyspaces());
    }

    /// <summary>Case F10: a bad third line left two documents imported without a word.</summary>
    [Fact]
    public async Task An_import_that_fails_says_what_was_imported()
    {
        ToolResult few = await Tool.RunAsync(
            Tool.Input("{\"key\":\"a\",\"value\":1}\n{\"key\":\"b\",\"value\":1}\nbad\n"),
            ["doc", "import", Dir, "s"]);
        few.AssertFailed(1, "line 3");
        Assert.False(Directory.Exists(Dir));

        string many = string.Concat(
            Enumerable.Range(1, 1500).Select(i => $"{{\"key\":\"{i}\",\"value\":{i}}}\n"));
        ToolResult half = await Tool.RunAsync(
            Tool.Input(many + "bad\n"), ["doc", "import", Dir, "s"]);
        half.AssertFailed(1, "line 1501");
        half.AssertFailed(1, "1000 documents before it were saved");
        Assert.Equal(
            1000,
            (await Tool.RunAsync("doc", "list", Dir, "s")).Output.Split('\n').Length - 1);
        ToolResult whole = await Tool.RunAsync(Tool.Input(many), ["doc", "import", Dir, "s"]);
        Assert.Equal("1500 documents saved\n", whole.Output);
    }
}
