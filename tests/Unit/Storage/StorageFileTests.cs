using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

public sealed class StorageFileTests : IDisposable
{
    private const int Block = 4096;

    private readonly TempDirectory _directory = new();
    private readonly IFileSystem _fs = RealFileSystem.Instance;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Written_bytes_are_read_back_at_their_offset(bool dataSync)
    {
        using IStorageFile file = Create("file");
        byte[] bytes = Bytes(10_000, seed: 1);

        file.Write(bytes, 123, dataSync);

        byte[] read = new byte[bytes.Length];
        Assert.Equal(bytes.Length, file.Read(read, 123));
        Assert.Equal(bytes, read);
        Assert.Equal(10_123, file.GetLength());
    }

    [Fact]
    public void A_read_is_short_only_at_the_end_of_the_file()
    {
        using IStorageFile file = Create("file");
        file.Write(new byte[100], 0, dataSync: false);

        Assert.Equal(60, file.Read(new byte[80], 40));
        Assert.Equal(0, file.Read(new byte[80], 100));
        Assert.Equal(0, file.Read(new byte[80], 5000));
        Assert.Equal(0, file.Read([], 0));
    }

    [Fact]
    public void An_empty_write_does_nothing()
    {
        using IStorageFile file = Create("file");

        file.Write([], 4096, dataSync: true);

        Assert.Equal(0, file.GetLength());
    }

    [Fact]
    public void A_negative_offset_is_invalid()
    {
        using IStorageFile file = Create("file");

        Assert.Equal(
            Errno.Invalid,
            Assert.Throws<StorageIOException>(() => file.Read(new byte[1], -1)).ErrorNumber);
        Assert.Equal(
            Errno.Invalid,
            Assert.Throws<StorageIOException>(
                () => file.Write(new byte[1], -1, dataSync: false)).ErrorNumber);
    }

    [Fact]
    public void A_file_opened_for_reading_refuses_writes()
    {
        int expected = OperatingSystem.IsWindows() ? Errno.AccessDenied : Errno.BadDescriptor;
        Create("file").Dispose();
        using IStorageFile file = _fs.Open(_directory["file"], OpenFlags.Read);

        StorageIOException error = Assert.Throws<StorageIOException>(
            () => file.Write(new byte[1], 0, dataSync: false));

        Assert.Equal(expected, error.ErrorNumber);
        Assert.Equal("write", error.Operation);
        Assert.Equal(_directory["file"], error.Path);
    }

    [Fact]
    public void Setting_the_length_cuts_and_extends_with_zeros()
    {
        using IStorageFile file = Create("file");
        file.Write(Bytes(100, seed: 2), 0, dataSync: false);

        file.SetLength(10);
        file.SetLength(20);

        byte[] read = new byte[30];
        Assert.Equal(20, file.Read(read, 0));
        Assert.Equal(Bytes(100, seed: 2)[..10], read[..10]);
        Assert.All(read[10..], value => Assert.Equal(0, value));
    }

    [SkippableFact]
    public void Allocating_extends_the_file_with_zeros_and_keeps_what_is_there()
    {
        using IStorageFile file = Create("file");
        byte[] bytes = Bytes(100, seed: 3);
        file.Write(bytes, 0, dataSync: false);

        Skip.IfNot(file.Allocate(0, 1 << 20), "this file system cannot allocate");

        byte[] read = new byte[200];
        Assert.Equal(1 << 20, file.GetLength());
        Assert.Equal(200, file.Read(read, 0));
        Assert.Equal(bytes, read[..100]);
        Assert.All(read[100..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Dropping_the_cache_keeps_synced_content()
    {
        using IStorageFile file = Create("file");
        byte[] bytes = Bytes(3 * Block, seed: 4);
        file.Write(bytes, 0, dataSync: false);
        file.DataSync();

        file.DropCache();

        byte[] read = new byte[bytes.Length];
        Assert.Equal(bytes.Length, file.Read(read, 0));
        Assert.Equal(bytes, read);
    }

    [SkippableFact]
    public void Identity_survives_renaming_and_counts_links()
    {
        Skip.If(OperatingSystem.IsWindows(), "ln");
        using IStorageFile file = Create("file");
        FileIdentity before = file.GetIdentity();
        Tools.Run("ln", _directory["file"], _directory["second"]);
        _fs.Rename(_directory["file"], _directory["third"]);

        using IStorageFile again = _fs.Open(_directory["third"], OpenFlags.Read);

        Assert.Equal(1UL, before.Links);
        Assert.Equal(before with { Links = 2 }, again.GetIdentity());
        Assert.NotEqual(0UL, before.Inode);
    }

    [SkippableFact]
    public void Direct_writes_with_data_sync_are_one_call_and_are_read_back()
    {
        using IStorageFile file = CreateDirect("file");
        using AlignedBuffer buffer = new(4 * Block);
        new Random(5).NextBytes(buffer.Span);

        file.Write(buffer.Span, 0, dataSync: true);
        file.Write(buffer.Slice(0, Block), 4 * Block, dataSync: false);
        file.DataSync();

        using IStorageFile buffered = _fs.Open(_directory["file"], OpenFlags.Read);
        byte[] read = new byte[5 * Block];
        Assert.Equal(read.Length, buffered.Read(read, 0));
        Assert.Equal(buffer.Span.ToArray(), read[..(4 * Block)]);
        Assert.Equal(buffer.Slice(0, Block).ToArray(), read[(4 * Block)..]);
        if (OperatingSystem.IsLinux())
        {
            Assert.True(((PosixFile)file).WritesDataSync);
        }
    }

    [SkippableFact]
    public void A_direct_read_across_an_odd_end_of_file_is_short_and_no_error()
    {
        using IStorageFile file = CreateDirect("file");
        using (IStorageFile buffered = _fs.Open(_directory["file"], OpenFlags.Write))
        {
            buffered.Write(Bytes(5000, seed: 6), 0, dataSync: true);
        }

        using AlignedBuffer buffer = new(4 * Block);

        Assert.Equal(5000, file.Read(buffer.Span, 0));
        Assert.Equal(Bytes(5000, seed: 6), buffer.Slice(0, 5000).ToArray());
    }

    [Fact]
    public void Every_call_after_disposal_is_refused()
    {
        IStorageFile file = Create("file");
        file.Dispose();
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.Read(new byte[1], 0));
        Assert.Throws<ObjectDisposedException>(() => file.Write(new byte[1], 0, dataSync: false));
        Assert.Throws<ObjectDisposedException>(file.DataSync);
        Assert.Throws<ObjectDisposedException>(() => file.SetLength(1));
        Assert.Throws<ObjectDisposedException>(() => file.Allocate(0, 1));
        Assert.Throws<ObjectDisposedException>(() => file.GetLength());
        Assert.Throws<ObjectDisposedException>(() => file.GetIdentity());
        Assert.Throws<ObjectDisposedException>(file.DropCache);
    }

    [Fact]
    public async Task Disposal_beside_calls_in_flight_ends_them_cleanly()
    {
        using IStorageFile file = Create("file");
        file.Write(new byte[Block], 0, dataSync: false);
        TaskCompletionSource[] started = [new(), new(), new()];

        // Threads of their own: spinning on the pool would starve every other test.
        Task[] readers = [.. started.Select(first => Task.Factory.StartNew(
            () => ReadUntilDisposed(file, first),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        await Task.WhenAll(started.Select(first => first.Task));

        file.Dispose();

        await Task.WhenAll(readers);
    }

    [Fact]
    public void Reading_writing_and_syncing_allocate_nothing()
    {
        using IStorageFile file = Create("file");
        byte[] buffer = new byte[Block];
        Use(file, buffer);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Use(file, buffer);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Use(IStorageFile file, byte[] buffer)
        {
            file.Write(buffer, 0, dataSync: true);
            file.DataSync();
            file.Read(buffer, 0);
        }
    }

    private static void ReadUntilDisposed(IStorageFile file, TaskCompletionSource first)
    {
        byte[] buffer = new byte[Block];
        try
        {
            while (true)
            {
                Assert.Equal(Block, file.Read(buffer, 0));
                first.TrySetResult();
            }
        }
        catch (ObjectDisposedException)
        {
            // The end that is expected.
        }
    }

    private static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private IStorageFile Create(string name) => _fs.Open(_directory[name], OpenFlags.CreateNew);

    private IStorageFile CreateDirect(string name)
    {
        StorageFacts facts = _fs.Probe(_directory.Path, tryDirect: true);
        Skip.IfNot(facts.DirectSupported, facts.DirectReason);
        Skip.IfNot(facts.DirectAlignment == Block, $"alignment {facts.DirectAlignment}");
        return _fs.Open(_directory[name], OpenFlags.CreateNew | OpenFlags.Direct);
    }
}
