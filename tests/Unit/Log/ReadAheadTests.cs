using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Unit.Log;

public sealed class ReadAheadTests
{
    private const int Alignment = 4096;

    public static TheoryData<int> Sizes => [17, 4096, 100_000, 300_000, 1_100_000];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_window_that_reads_ahead_shows_the_file(int step)
    {
        foreach (IScheduler scheduler in new IScheduler[]
            { ThreadScheduler.Instance, new AtOnce(), new Never() })
        {
            using StoredBytes file = new(10 << 20);
            using FileWindow window = Open(file, scheduler);
            int at = 0;
            for (; at + step <= file.Bytes.Length; at += step)
            {
                ReadOnlySpan<byte> read = window.Read(at, step, file.Bytes.Length);
                Assert.True(
                    read[..step].SequenceEqual(file.Bytes.AsSpan(at, step)), $"at {at}");
            }

            Assert.True(window.Read(at, step, file.Bytes.Length)
                .SequenceEqual(file.Bytes.AsSpan(at)));
        }
    }

    [Fact]
    public void It_goes_on_after_a_leap()
    {
        using StoredBytes file = new(10 << 20);
        using FileWindow window = Open(file, ThreadScheduler.Instance);
        Random random = new(5);
        for (int i = 0; i < 200; i++)
        {
            int at = random.Next(file.Bytes.Length - 1_000_000);
            for (int left = random.Next(1_000_000); left > 0; left -= 1000, at += 1000)
            {
                Assert.True(window.Read(at, 1000, file.Bytes.Length)[..1000]
                    .SequenceEqual(file.Bytes.AsSpan(at, 1000)));
            }
        }
    }

    [Fact]
    public void A_busy_pool_is_not_waited_for()
    {
        using StoredBytes file = new(10 << 20);
        Never scheduler = new();
        using FileWindow window = Open(file, scheduler);
        Walk(window, file, 1000, file.Bytes.Length);

        // One item, however often it could have been asked for.
        Assert.Equal(1, scheduler.Queued);
    }

    [Fact]
    public void Nothing_is_read_ahead_for_a_reader_that_has_only_begun()
    {
        using StoredBytes file = new(10 << 20);
        Never scheduler = new();
        using FileWindow window = Open(file, scheduler);
        Walk(window, file, 1000, FileWindow.DefaultBytes * 3 / 2);
        Assert.Equal(0, scheduler.Queued);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_failed_read_is_thrown_where_its_bytes_are_wanted(bool threads)
    {
        const int Bad = 5 << 20;
        using StoredBytes file = new(10 << 20) { FailsFrom = Bad };
        using FileWindow window = Open(
            file, threads ? ThreadScheduler.Instance : new AtOnce());
        int at = 0;
        StorageIOException error = Assert.Throws<StorageIOException>(() =>
        {
            for (; at < file.Bytes.Length; at += 1000)
            {
                window.Read(at, 1000, file.Bytes.Length);
            }
        });

        // Where one read of a whole window would have failed without reading ahead, or later.
        Assert.Equal(Errno.Io, error.ErrorNumber);
        Assert.InRange(at, Bad - FileWindow.DefaultBytes - 1000, Bad);

        // Not remembered: the file is asked again.
        file.FailsFrom = int.MaxValue;
        Assert.Equal(file.Bytes[at], window.Read(at, 1000, file.Bytes.Length)[0]);
    }

    [Fact]
    public void The_file_may_end_before_the_limit()
    {
        using StoredBytes file = new((5 << 20) + 123);
        using FileWindow window = Open(file, ThreadScheduler.Instance, limit: 10 << 20);
        int at = 0;
        while (window.Read(at, 1000, 10 << 20) is { Length: >= 1000 })
        {
            at += 1000;
        }

        Assert.Equal(file.Bytes.Length / 1000 * 1000, at);
        Assert.Equal(file.Bytes.Length % 1000, window.Read(at, 1000, 10 << 20).Length);
    }

    [Fact]
    public async Task Disposal_waits_for_the_read_on_its_way()
    {
        using StoredBytes file = new(10 << 20);
        FileWindow window = Open(file, ThreadScheduler.Instance);
        file.OnlyThread = Environment.CurrentManagedThreadId;
        Walk(window, file, 1000, FileWindow.DefaultBytes * 5 / 2);
        Assert.True(file.Held.Wait(TimeSpan.FromSeconds(30)));

        Task disposal = Task.Run(window.Dispose);
        Assert.NotSame(disposal, await Task.WhenAny(disposal, Task.Delay(100)));
        Assert.False(file.IsDisposed);

        file.Release.Set();
        await disposal.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(file.IsDisposed);
        Assert.False(file.ReadAfterDisposal);
    }

    private static FileWindow Open(StoredBytes file, IScheduler scheduler, long limit = 0)
    {
        FileWindow window = new(file, Alignment);
        window.AllowReadAhead(scheduler, limit == 0 ? file.Bytes.Length : limit);
        return window;
    }

    private static void Walk(FileWindow window, StoredBytes file, int step, int end)
    {
        for (int at = 0; at + step <= end; at += step)
        {
            window.Read(at, step, file.Bytes.Length);
        }
    }

    /// <summary>Runs an item where it is queued.</summary>
    private sealed class AtOnce : Never
    {
        public override void Queue(IThreadPoolWorkItem item) => item.Execute();
    }

    /// <summary>Runs nothing.</summary>
    private class Never : IScheduler
    {
        internal int Queued { get; private set; }

        public virtual void Queue(IThreadPoolWorkItem item) => Queued++;

        public IWorker StartWorker(string name, Func<bool> step) =>
            throw new NotSupportedException();

        public void Block(AppendWaiter waiter) => throw new NotSupportedException();

        public Task<T> Run<T>(Func<T> work, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task Until(Task task) => task;
    }
}
