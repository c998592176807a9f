using System.Globalization;
using LogEngine.Cli;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Cli;

/// <summary>Who has a store open for writing is found without touching the lock.</summary>
public sealed class LockHolderTests : IDisposable
{
    private static readonly FileNumber _file = new(0x08, 0x01, 1234);

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void The_process_behind_the_lock_of_a_file_is_found() => Assert.Equal(
        int.MaxValue,
        LockHolder.Find(
            [
                "1: POSIX  ADVISORY  WRITE 1 08:01:1234 0 EOF",
                "2: FLOCK  ADVISORY  READ 2 08:01:1234 0 EOF",
                "3: FLOCK  ADVISORY  WRITE 3 08:02:1234 0 EOF",
                "4: FLOCK  ADVISORY  WRITE 4 08:01:12345 0 EOF",
                "4: -> FLOCK  ADVISORY  WRITE 5 08:01:1234 0 EOF",
                "5: OFDLCK ADVISORY  WRITE -1 08:01:1234 0 EOF",
                string.Create(
                    CultureInfo.InvariantCulture, $"6: FLOCK  ADVISORY  WRITE {int.MaxValue} 08:01:1234 0 EOF"),
            ],
            _file)?.ProcessId);

    [Fact]
    public void A_lock_of_another_device_is_taken_only_where_there_is_no_doubt()
    {
        string[] one = ["3: FLOCK  ADVISORY  WRITE 7 00:2b:1234 0 EOF"];
        Assert.Equal(7, LockHolder.Find(one, _file)?.ProcessId);
        Assert.Null(LockHolder.Find([.. one, "4: FLOCK  ADVISORY  WRITE 8 00:2c:1234 0 EOF"], _file));
        Assert.Null(LockHolder.Find(["", "1: FLOCK", "1: FLOCK  ADVISORY  WRITE x 08:01:1234 0 EOF"], _file));
    }

    [SkippableFact]
    public async Task A_writer_is_named_where_its_directory_is_refused_and_in_stat()
    {
        Machine.RequireLinux("/proc/locks is Linux's");
        Skip.IfNot(File.Exists("/proc/locks"), "this system does not show locks");
        string directory = _scratch.Path;
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(directory))
        {
            await engine.GetKeyspace("k").PutTextAsync("a", "1", Durability.PowerLoss);
            Skip.If(
                File.ReadLines("/proc/locks").All(line => !line.Contains($" {Environment.ProcessId} ")),
                "this system does not show locks of this process");
            string name = $"{Environment.ProcessId} (";

            (await Tool.RunAsync("kv", "put", directory, "k", "b", "2")).AssertFailed(4, $"another process, {name}");
            Assert.Contains(
                $"yes, process {name}", (await Tool.RunAsync("stat", directory)).Output, StringComparison.Ordinal);
            Assert.Contains(
                $"writer process {name}", (await Tool.RunAsync("top", directory)).Output, StringComparison.Ordinal);
            Assert.Contains(
                $"\"writerProcessId\":{Environment.ProcessId}",
                (await Tool.RunAsync("top", directory, "--json")).Output,
                StringComparison.Ordinal);
        }

        Assert.Null(LockHolder.Of(directory));
        Assert.Null(LockHolder.Of(_scratch.Sibling("missing")));
    }
}
