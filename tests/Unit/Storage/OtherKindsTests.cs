using System.Net.Sockets;
using LogEngine.Storage;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Storage;

/// <summary>
/// Case G4: a pipe, a socket or a device in the place of a file. Opening it waited for the other end
/// of the pipe, for ever, and 'verify' could not even be ended.
/// </summary>
public sealed class OtherKindsTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private Socket? _socket;

    public static TheoryData<string, string> Places
    {
        get
        {
            TheoryData<string, string> all = [];
            foreach (string name in (string[])["manifest-a", "manifest-b", "READERS", "LOCK"])
            {
                all.Add(name, "pipe");
                all.Add(name, "socket");
                all.Add(name, "device");
                all.Add(name, "directory");
            }

            return all;
        }
    }

    public void Dispose()
    {
        _socket?.Dispose();
        _scratch.Dispose();
    }

    [SkippableTheory]
    [MemberData(nameof(Places))]
    public async Task G4_Nothing_waits_for_what_is_no_file(string name, string kind)
    {
        await MakeStoreAsync();
        Put(name, kind);

        StorageIOException refused = await Assert.ThrowsAsync<StorageIOException>(
            () => SmallEngine.OpenAsync(_scratch.Path).AsTask().Soon());
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);

        await SurvivesAsync(() => WriteAheadLog.OpenAsync(
            _scratch.Path, new WriteAheadLogOptions { ReadOnly = true }).AsTask());
        await SurvivesAsync(() => SmallEngine.OpenAsync(
            _scratch.Path, o => o with { ReadOnly = true }).AsTask());
        await SurvivesAsync(() => LogDirectory.VerifyAsync(_scratch.Path));
        await SurvivesAsync(() => LogDirectory.StatAsync(_scratch.Path));
        await SurvivesAsync(() => EmbeddedEngine.RestoreAsync(
            _scratch.Path, _scratch.Sibling("restored")).AsTask());
    }

    [SkippableTheory]
    [InlineData(".seg", "pipe")]
    [InlineData(".seg", "socket")]
    [InlineData(".snap", "pipe")]
    [InlineData(".snap", "device")]
    public async Task G4_A_segment_or_snapshot_that_is_none_is_a_typed_error(
        string suffix, string kind)
    {
        await MakeStoreAsync();
        string victim = Directory.GetFiles(_scratch.Path, "*" + suffix)
            .Order(StringComparer.Ordinal).First();
        Put(Path.GetFileName(victim), kind);

        Exception? refused = await Record.ExceptionAsync(
            () => SmallEngine.OpenAsync(_scratch.Path).AsTask().Soon());

        Assert.True(
            refused is null or StorageIOException or CorruptionException, $"{refused}");
        await SurvivesAsync(() => LogDirectory.VerifyAsync(_scratch.Path));
        await SurvivesAsync(() => LogDirectory.StatAsync(_scratch.Path));
    }

    [SkippableTheory]
    [InlineData("pipe", "a pipe")]
    [InlineData("device", "a character device")]
    [InlineData("directory", "a directory")]
    public void The_error_says_what_it_is(string kind, string word)
    {
        Directory.CreateDirectory(_scratch.Path);
        Put("x", kind);

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => RealFileSystem.Instance.Open(_scratch.File("x"), OpenFlags.Read));

        Assert.Contains(word, error.Message, StringComparison.Ordinal);
        Assert.Contains("not a regular file", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task G4_A_snapshot_file_that_is_a_pipe_is_not_waited_for()
    {
        Directory.CreateDirectory(_scratch.Path);
        Put("state", "pipe");

        await Assert.ThrowsAsync<StorageIOException>(
            () => SnapshotFile.LoadAsync(_scratch.File("state")).AsTask().Soon());

        // It is replaced, as whatever has the name is.
        await SnapshotFile.SaveAsync(_scratch.File("state"), new byte[3]).AsTask().Soon();
        Assert.Equal(3, (await SnapshotFile.LoadAsync(_scratch.File("state"))).Payload.Length);
    }

    private async Task MakeStoreAsync()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        await engine.GetKeyspace("k").PutTextAsync("a", "1");
        await engine.SnapshotAsync();
        await engine.GetKeyspace("k").PutTextAsync("b", "1");
    }

    /// <summary>Ends, with a result or with an error that the public surface names.</summary>
    private static async Task SurvivesAsync<T>(Func<Task<T>> call)
    {
        try
        {
            T result = await call().Soon();
            await (result is IAsyncDisposable open ? open.DisposeAsync() : default);
        }
        catch (Exception error) when (error is LogEngineException)
        {
            Assert.NotEmpty(error.Message);
        }
    }

    private void Put(string name, string kind)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "mkfifo, mknod");
        string path = _scratch.File(name);
        File.Delete(path);
        switch (kind)
        {
            case "pipe":
                Tools.Run("mkfifo", path);
                break;
            case "socket":
                _socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                _socket.Bind(new UnixDomainSocketEndPoint(path));
                break;
            case "device":
                Skip.If(
                    Tools.Try("mknod", path, "c", "1", "5").Code != 0, "no right to make a device");
                break;
            default:
                Directory.CreateDirectory(path);
                break;
        }
    }
}
