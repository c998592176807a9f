using System.Text.Json;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Cli;

public sealed class EngineCommandTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Dir => _scratch.Path;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task What_is_put_is_got_scanned_and_deleted()
    {
        ToolResult put = await Tool.RunAsync("kv", "put", Dir, "users", "ada", "lovelace");
        Assert.Equal(0, put.Code);
        Assert.True(long.Parse(put.Output) > 0);
        Assert.Equal(0, (await Tool.RunAsync(
            Tool.Input("from input"), ["kv", "put", Dir, "users", "bob"])).Code);

        ToolResult get = await Tool.RunAsync("kv", "get", Dir, "users", "ada");
        Assert.Equal((0, "lovelace"), (get.Code, get.Output));
        ToolResult scan = await Tool.RunAsync("kv", "scan", Dir, "users");
        Assert.Equal("ada\tlovelace\nbob\tfrom input\n", scan.Output);
        ToolResult delete = await Tool.RunAsync("kv", "delete", Dir, "users", "ada");
        Assert.Equal(0, delete.Code);
        (await Tool.RunAsync("kv", "get", Dir, "users", "ada")).AssertFailed(6, "no such key");
    }

    [Fact]
    public async Task Scan_takes_ranges_prefixes_limits_and_both_directions()
    {
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(Dir))
        {
            foreach (string key in new[] { "a1", "a2", "b1", "b2", "c1" })
            {
                await engine.GetKeyspace("k").PutTextAsync(key, key);
            }
        }

        Assert.Equal("a1\na2\n", await ScanAsync("--prefix", "a"));
        Assert.Equal("c1\nb2\n", await ScanAsync("--reverse", "--limit", "2"));
        Assert.Equal("a2\nb1\n", await ScanAsync("--from", "a2", "--to", "b2"));
        Assert.Equal("a1\n", await ScanAsync("--hex-key", "--to", "6132"));
        Assert.Equal("", await ScanAsync("--prefix", "z"));
        (await Tool.RunAsync("kv", "scan", Dir, "k", "--from", "a", "--prefix", "a"))
            .AssertFailed(1, "--prefix");
        (await Tool.RunAsync("kv", "scan", Dir, "k", "--hex-key", "--from", "xy"))
            .AssertFailed(1, "hexadecimal");

        async Task<string> ScanAsync(params string[] options)
        {
            ToolResult result = await Tool.RunAsync(["kv", "scan", Dir, "k", "--keys", .. options]);
            Assert.Equal(0, result.Code);
            return result.Output;
        }
    }

    [Fact]
    public async Task Values_are_printed_as_json_and_hex()
    {
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "x", "--ttl", "3600");
        await Tool.RunAsync(
            new MemoryStream([0xFF, 0x00]), ["kv", "put", Dir, "k", "b"]);
        ToolResult json = await Tool.RunAsync("kv", "scan", Dir, "k", "--format", "json");
        string[] lines = json.Output.TrimEnd().Split('\n');
        using JsonDocument first = JsonDocument.Parse(lines[0]);
        using JsonDocument second = JsonDocument.Parse(lines[1]);
        Assert.Equal("x", first.RootElement.GetProperty("text").GetString());
        Assert.True(first.RootElement.TryGetProperty("expiresAt", out _));
        Assert.Equal("/wA=", second.RootElement.GetProperty("base64").GetString());
        ToolResult hex = await Tool.RunAsync("kv", "get", Dir, "k", "b", "--format", "hex");
        Assert.Equal("ff00\n", hex.Output);
    }

    [Fact]
    public async Task Reading_works_beside_a_writer_and_writing_ends_with_4()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(Dir);
        await engine.GetKeyspace("k").PutTextAsync("a", "1", Durability.PowerLoss);
        await engine.SnapshotAsync().Soon();
        Assert.Equal("1", (await Tool.RunAsync("kv", "get", Dir, "k", "a")).Output);
        (await Tool.RunAsync("kv", "put", Dir, "k", "a", "2")).AssertFailed(4, "kv get");
        (await Tool.RunAsync("kv", "delete", Dir, "k", "a")).AssertFailed(4, "another process");
        (await Tool.RunAsync("compact", Dir)).AssertFailed(4, "another process");
        (await Tool.RunAsync("snapshot", Dir)).AssertFailed(4, "another process");
        (await Tool.RunAsync("backup", Dir, _scratch.Sibling("b")))
            .AssertFailed(4, "another process");
    }

    [Fact]
    public async Task Backup_and_restore_are_a_round_trip()
    {
        string backup = _scratch.Sibling("backup");
        string restored = _scratch.Sibling("restored");
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "1");
        ToolResult first = await Tool.RunAsync("backup", Dir, backup);
        Assert.Equal(0, first.Code);
        Assert.Contains(", 0 were there", first.Output, StringComparison.Ordinal);
        await Tool.RunAsync("kv", "put", Dir, "k", "b", "2");
        Assert.Equal(0, (await Tool.RunAsync("backup", Dir, backup)).Code);

        Assert.Equal("a\t1\nb\t2\n", (await Tool.RunAsync("kv", "scan", backup, "k")).Output);
        Assert.Equal(0, (await Tool.RunAsync("restore", backup, restored)).Code);
        Assert.Equal("a\t1\nb\t2\n", (await Tool.RunAsync("kv", "scan", restored, "k")).Output);
        (await Tool.RunAsync("restore", backup, restored)).AssertFailed(1, "not empty");
        (await Tool.RunAsync("restore", Dir, _scratch.Sibling("x")))
            .AssertFailed(2, "storage engine");
        (await Tool.RunAsync("kv", "put", backup, "k", "a", "1")).AssertFailed(2, "backup");
        (await Tool.RunAsync("backup", Dir, restored)).AssertFailed(2, "storage engine");
    }

    [Fact]
    public async Task A_log_is_backed_up_and_restored_as_an_engine_is()
    {
        string backup = _scratch.Sibling("backup");
        string restored = _scratch.Sibling("restored");
        await SmallLogs.CreateAsync(Dir, 50, 3000);
        ToolResult first = await Tool.RunAsync("backup", Dir, backup);
        Assert.Equal(0, first.Code);
        Assert.StartsWith("sequences to 50 in ", first.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Tool.RunAsync("verify", backup)).Code);
        ToolResult stat = await Tool.RunAsync("stat", backup);
        Assert.Contains("backup of a log", stat.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Tool.RunAsync("restore", backup, restored)).Code);
        Assert.Equal(
            (await Tool.RunAsync("cat", Dir, "--format", "hex")).Output,
            (await Tool.RunAsync("cat", restored, "--format", "hex")).Output);
        Assert.Equal(
            (await Tool.RunAsync("cat", Dir, "--format", "hex")).Output,
            (await Tool.RunAsync("cat", backup, "--format", "hex")).Output);
        (await Tool.RunAsync("restore", Dir, _scratch.Sibling("x"))).AssertFailed(2, "holds a log");
        (await Tool.RunAsync("backup", backup, _scratch.Sibling("x")))
            .AssertFailed(2, "backup of a log");
        Assert.False(Directory.Exists(_scratch.Sibling("x")));
    }

    [Fact]
    public async Task A_damaged_backup_ends_with_3()
    {
        string backup = _scratch.Sibling("backup");
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "1");
        await Tool.RunAsync("backup", Dir, backup);
        string segment = Directory.GetFiles(backup, "*.seg").First();
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        bytes[5000 % bytes.Length] ^= 1;
        bytes[4200] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes);
        (await Tool.RunAsync("restore", backup, _scratch.Sibling("x")))
            .AssertFailed(3, Path.GetFileName(segment));
    }

    [Fact]
    public async Task Compact_and_snapshot_say_what_they_did()
    {
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(Dir))
        {
            for (int i = 0; i < 300; i++)
            {
                await engine.GetKeyspace("k").PutTextAsync("a", new string('x', 1000));
            }
        }

        ToolResult compact = await Tool.RunAsync("compact", Dir);
        Assert.Equal(0, compact.Code);
        Assert.Matches("^[1-9][0-9]* bytes freed", compact.Output);
        ToolResult snapshot = await Tool.RunAsync("snapshot", Dir);
        Assert.Equal(0, snapshot.Code);
        Assert.StartsWith("snapshot of sequence ", snapshot.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kv get DIR k a")]
    [InlineData("kv delete DIR k a")]
    [InlineData("kv scan DIR k")]
    [InlineData("compact DIR")]
    [InlineData("snapshot DIR")]
    [InlineData("backup DIR DIR2")]
    [InlineData("restore DIR DIR2")]
    public async Task Missing_directory_ends_with_6_and_nothing_is_created(string line)
    {
        string[] args = line.Replace("DIR2", _scratch.Sibling("other"), StringComparison.Ordinal)
            .Replace("DIR", Dir, StringComparison.Ordinal).Split(' ');
        (await Tool.RunAsync(args)).AssertFailed(6, "does not exist");
        Assert.False(Directory.Exists(Dir));
        Assert.False(Directory.Exists(_scratch.Sibling("other")));
    }

    [Theory]
    [InlineData("kv")]
    [InlineData("kv get x")]
    [InlineData("kv put x")]
    [InlineData("kv scan")]
    [InlineData("backup x")]
    [InlineData("restore x")]
    [InlineData("compact")]
    public async Task Wrong_command_line_ends_with_1(string line) =>
        (await Tool.RunAsync(line.Split(' '))).AssertFailed(1, "--help");

    [Fact]
    public async Task Cat_on_an_engine_says_what_it_is()
    {
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "1");
        (await Tool.RunAsync("cat", Dir)).AssertFailed(2, "storage engine");
        (await Tool.RunAsync("append", Dir)).AssertFailed(2, "storage engine");
    }

    [Fact]
    public async Task A_log_is_no_engine()
    {
        await SmallLogs.CreateAsync(Dir, 2, 10);
        (await Tool.RunAsync("kv", "get", Dir, "k", "a")).AssertFailed(2, "holds a log");
        (await Tool.RunAsync("kv", "put", Dir, "k", "a", "1")).AssertFailed(2, "holds a log");
    }

    [Fact]
    public async Task Stat_verify_dump_and_salvage_know_engines_and_backups()
    {
        string backup = _scratch.Sibling("backup");
        string salvaged = _scratch.Sibling("salvaged");
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "1");
        await Tool.RunAsync("snapshot", Dir);
        await Tool.RunAsync("backup", Dir, backup);

        ToolResult stat = await Tool.RunAsync("stat", Dir);
        Assert.Equal(0, stat.Code);
        Assert.Contains("kind        storage engine\n", stat.Output, StringComparison.Ordinal);
        Assert.Contains("snapshot    ", stat.Output, StringComparison.Ordinal);
        Assert.Contains(
            "kind        backup of a storage engine\n",
            (await Tool.RunAsync("stat", backup)).Output,
            StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(
            (await Tool.RunAsync("stat", Dir, "--json")).Output);
        Assert.Equal("storage engine", json.RootElement.GetProperty("kind").GetString());
        Assert.Equal(0, (await Tool.RunAsync("verify", Dir)).Code);
        Assert.Equal(0, (await Tool.RunAsync("verify", backup)).Code);
        string segment = Path.GetFileName(_scratch.SegmentFiles()[0]);
        Assert.Contains(
            "put keyspace 1 \"a\": 1 bytes \"1\"",
            (await Tool.RunAsync("dump", Dir, segment)).Output,
            StringComparison.Ordinal);
        ToolResult salvage = await Tool.RunAsync("salvage", Dir, "--to", salvaged);
        Assert.Equal(0, salvage.Code);
        Assert.Equal("a\t1\n", (await Tool.RunAsync("kv", "scan", salvaged, "k")).Output);
    }

    [Fact]
    public async Task Salvage_of_an_engine_names_what_is_lost_and_ends_with_3()
    {
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "intact");
        await Tool.RunAsync("kv", "put", Dir, "k", "b", "to be damaged");
        await Tool.RunAsync("snapshot", Dir);
        foreach (string file in _scratch.SegmentFiles())
        {
            byte[] bytes = await File.ReadAllBytesAsync(file);
            int at = bytes.AsSpan().IndexOf("to be damaged"u8);
            if (at >= 0)
            {
                bytes[at] ^= 1;
                await File.WriteAllBytesAsync(file, bytes);
            }
        }

        Assert.Equal(3, (await Tool.RunAsync("verify", Dir)).Code);
        string salvaged = _scratch.Sibling("salvaged");
        ToolResult salvage = await Tool.RunAsync("salvage", Dir, "--to", salvaged);
        Assert.Equal(3, salvage.Code);
        Assert.Contains(
            "lost        keyspace 'k' key 'b'", salvage.Output, StringComparison.Ordinal);
        Assert.Equal("a\tintact\n", (await Tool.RunAsync("kv", "scan", salvaged, "k")).Output);
    }
}
