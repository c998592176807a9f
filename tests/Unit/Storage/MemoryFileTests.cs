using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>Bytes of a file: as <see cref="StorageFileTests"/>, on memory.</summary>
public sealed class MemoryFileTests
{
    private const int Chunk = MemoryInode.ChunkBytes;
    private static readonly string Name = Path.GetFullPath("file");

    private readonly MemoryFileSystem _fs = new();

    public MemoryFileTests() => _fs.CreateDirectory(Path.GetDirectoryName(Name)!);

    public static TheoryData<long, int> Ranges => new()
    {
        { 0, 1 },
        { 123, 10_000 },
        { Chunk - 1, 1 },
        { Chunk - 1, 2 },
        { Chunk, Chunk },
        { Chunk - 1, Chunk + 2 },
        { (3L * Chunk) + 5, (2 * Chunk) + 7 },
        { 40_000L * Chunk, 4096 },
    };

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Written_bytes_are_read_back_and_all_else_is_zero(long offset, int length)
    {
        using IStorageFile file = Create();
        byte[] bytes = Bytes(length, seed: 1);

        file.Write(bytes, offset, dataSync: true);

        int before = (int)Math.Min(offset, 3 * Chunk);
        byte[] read = new byte[before + length + 10];
        new Random(2).NextBytes(read);
        Assert.Equal(before + length, file.Read(read, offset - before));
        Assert.Equal(-1, read.AsSpan(0, before).IndexOfAnyExcept((byte)0));
        Assert.Equal(bytes, read[before..^10]);
        Assert.Equal(offset + length, file.GetLength());
    }

    [Fact]
    public void Any_sequence_of_calls_gives_what_an_array_gives()
    {
        Random random = new(3);
        using IStorageFile file = Create();
        byte[] model = new byte[4 * Chunk];
        int length = 0;
        for (int i = 0; i < 2000; i++)
        {
            int at = random.Next(model.Length);
            int count = random.Next(Math.Min(model.Length - at, 2 * Chunk));
            switch (random.Next(6))
            {
                case 0:
                    file.SetLength(at);
                    model.AsSpan(at).Clear();
                    length = at;
                    break;
                case 1:
                    Assert.True(file.Allocate(at, count + 1));
                    length = Math.Max(length, at + count + 1);
                    break;
                default:
                    // One in two writes zeros, which holes take without memory.
                    byte[] bytes = random.Next(2) == 0 ? new byte[count] : Bytes(count, seed: i);
                    file.Write(bytes, at, dataSync: false);
                    bytes.CopyTo(model, at);
                    length = count == 0 ? length : Math.Max(length, at + count);
                    break;
            }

            Assert.Equal(length, file.GetLength());
            byte[] read = new byte[count];
            int got = file.Read(read, at);
            Assert.Equal(Math.Clamp(length - at, 0, count), got);
            Assert.True(model.AsSpan(at, got).SequenceEqual(read.AsSpan(0, got)), $"step {i}");
        }
    }

    [Fact]
    public void A_read_is_short_only_at_the_end_of_the_file()
    {
        using IStorageFile file = Create();
        file.Write(new byte[100], 0, dataSync: false);

        Assert.Equal(60, file.Read(new byte[80], 40));
        Assert.Equal(0, file.Read(new byte[80], 100));
        Assert.Equal(0, file.Read(new byte[80], long.MaxValue));
        Assert.Equal(0, file.Read([], 0));
    }

    [Fact]
    public void An_empty_write_does_nothing()
    {
        using IStorageFile file = Create();

        file.Write([], 4096, dataSync: true);

        Assert.Equal(0, file.GetLength());
    }

    [Fact]
    public void Bad_offsets_and_lengths_are_invalid()
    {
        using IStorageFile file = Create();

        Assert.Equal(Errno.Invalid, ErrorOf(() => file.Read(new byte[1], -1)));
        Assert.Equal(Errno.Invalid, ErrorOf(() => file.Write(new byte[1], -1, dataSync: false)));
        Assert.Equal(Errno.Invalid, ErrorOf(() => file.SetLength(-1)));
        Assert.Equal(Errno.Invalid, ErrorOf(() => file.Allocate(-1, 1)));
        Assert.Equal(Errno.Invalid, ErrorOf(() => file.Allocate(0, 0)));
    }

    [Fact]
    public void A_file_past_the_largest_is_refused_and_nothing_happens()
    {
        using IStorageFile file = Create();

        Assert.Throws<StorageFullException>(() => file.SetLength(MemoryInode.MaxBytes + 1));
        Assert.Throws<StorageFullException>(() => file.Allocate(MemoryInode.MaxBytes, 1));
        Assert.Throws<StorageFullException>(
            () => file.Write([1], MemoryInode.MaxBytes, dataSync: false));
        Assert.Equal(0, file.GetLength());
        file.SetLength(MemoryInode.MaxBytes);
        Assert.Equal(MemoryInode.MaxBytes, file.GetLength());
    }

    [Fact]
    public void A_file_opened_for_reading_refuses_changes()
    {
        Create().Dispose();
        using IStorageFile file = _fs.Open(Name, OpenFlags.Read);

        Assert.Equal(
            Errno.BadDescriptor, ErrorOf(() => file.Write([1], 0, dataSync: false)));
        Assert.Equal(Errno.BadDescriptor, ErrorOf(() => file.SetLength(1)));
        Assert.Equal(Errno.BadDescriptor, ErrorOf(() => file.Allocate(0, 1)));
        Assert.Equal(0, file.GetLength());
    }

    [Fact]
    public void Holes_zeros_and_what_is_cut_take_no_memory()
    {
        MemoryInode inode = new(new FileIdentity(1, 1, 1));
        inode.SetLength(1L << 40);
        inode.Write(new byte[10 * Chunk], 0);
        Assert.Equal(0, inode.AllocatedBytes);

        inode.Write(Bytes(10 * Chunk, seed: 4), 100L * Chunk);
        Assert.Equal(10 * Chunk, inode.AllocatedBytes);

        inode.SetLength((102L * Chunk) + 1);
        Assert.Equal(3 * Chunk, inode.AllocatedBytes);
        inode.SetLength(0);
        Assert.Equal(0, inode.AllocatedBytes);
    }

    [Fact]
    public void Memory_of_an_unlinked_file_is_given_back_when_the_last_handle_is_gone()
    {
        WeakReference content = UnlinkedContent();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(content.IsAlive);
        GC.KeepAlive(_fs);
    }

    [Fact]
    public void Every_call_after_disposal_is_refused()
    {
        IStorageFile file = Create();
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
    public async Task Reads_beside_writes_of_other_ranges_see_what_was_written()
    {
        const int Blocks = 4000;
        using IStorageFile writer = Create();
        using IStorageFile reader = _fs.Open(Name, OpenFlags.Read);
        long written = 0;
        Task writing = Task.Run(() =>
        {
            for (int block = 0; block < Blocks; block++)
            {
                // Its own number is in every byte but the first, which is never zero.
                writer.Write(Block(block), block * 4096L, dataSync: true);
                Volatile.Write(ref written, block + 1);
            }
        });
        Random random = new(5);
        byte[] read = new byte[4096];
        while (Volatile.Read(ref written) < Blocks)
        {
            int end = (int)Volatile.Read(ref written);
            if (end > 0)
            {
                int block = random.Next(end);
                Assert.Equal(4096, reader.Read(read, block * 4096L));
                Assert.True(read.AsSpan().SequenceEqual(Block(block)), $"block {block}");
            }
        }

        await writing;

        static byte[] Block(int number)
        {
            byte[] block = new byte[4096];
            block.AsSpan().Fill((byte)number);
            block[0] = 0xAA;
            BitConverter.TryWriteBytes(block.AsSpan(1), number);
            return block;
        }
    }

    [Fact]
    public void Reading_and_overwriting_allocate_nothing()
    {
        using IStorageFile file = Create();
        byte[] buffer = Bytes(4096, seed: 6);
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

    private static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static int ErrorOf(Action action) =>
        Assert.Throws<StorageIOException>(action).ErrorNumber;

    [System.Runtime.CompilerServices.MethodImpl(
        System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private WeakReference UnlinkedContent()
    {
        using IStorageFile file = Create();
        file.Write(Bytes(Chunk, seed: 7), 0, dataSync: false);
        _fs.Unlink(Name);
        return new WeakReference(((MemoryFile)file).Inode);
    }

    private IStorageFile Create() => _fs.Open(Name, OpenFlags.CreateNew);
}
