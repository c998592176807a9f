using System.Buffers.Binary;
using LogEngine.Index;

namespace LogEngine.Unit.Index;

/// <summary>One writer, readers and pins at the same time, over poisoned pages.</summary>
public sealed class IndexConcurrencyTests
{
    private const int Keys = 3000;

    /// <summary>
    /// Every publication gives all keys of a group the same version, so a reader that sees two
    /// versions in one state, or a key missing, has read what it must not.
    /// </summary>
    [Fact]
    public async Task Readers_see_whole_states_while_pages_are_reused()
    {
        using OrderedIndex index = new(IndexModel.SmallAndPoisoned);
        WriteAll(index, 1);
        using CancellationTokenSource stop = new();
        Task[] readers =
        [
            Task.Run(() => Repeat(seed => GetMany(index, seed), stop.Token)),
            Task.Run(() => Repeat(seed => Get(index, seed), stop.Token)),
            Task.Run(() => Repeat(_ => ScanPin(index), stop.Token)),
            Task.Run(() => Repeat(seed => DisposeWhileReading(index, seed), stop.Token)),
        ];
        try
        {
            for (int round = 2; round < 400 && !readers.Any(task => task.IsFaulted); round++)
            {
                WriteAll(index, round);
                await Task.Yield();
            }
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(readers);
        }

        TreeCheck.NothingLeaks(index);
    }

    /// <summary>More readers at a time than there are words for them.</summary>
    [Fact]
    public async Task Words_for_readers_may_run_out()
    {
        ReaderSlots slots = new();
        List<int> taken = [];
        for (int i = 0; i < Math.Max(16, 4 * Environment.ProcessorCount); i++)
        {
            taken.Add(slots.Enter(i + 5));
        }

        Assert.Equal(taken.Count, taken.Distinct().Count());
        Assert.Equal(5, slots.OldestEpoch());
        Task<int> late = Task.Run(() => slots.Enter(3));
        Assert.NotSame(late, await Task.WhenAny(late, Task.Delay(20)));
        slots.Exit(taken[0]);
        slots.Exit(await late);
        Assert.Equal(6, slots.OldestEpoch());
    }

    private static void WriteAll(OrderedIndex index, int round)
    {
        for (int i = 0; i < Keys; i++)
        {
            byte[] key = Key(i);
            if (i % 5 == round % 5)
            {
                index.Remove(key, out _);
            }

            index.Put(key, new IndexValue(round, (ulong)i, round % 2), out _);
        }

        index.Publish(round, round);
        index.Reclaim();
    }

    private static void Get(OrderedIndex index, int seed)
    {
        int i = new Random(seed).Next(Keys);
        Assert.True(index.TryGet(Key(i), out IndexValue value));
        Assert.Equal((ulong)i, value.Location);
        Assert.Equal(value.Version % 2, value.ExpiresTicks);
    }

    private static void GetMany(OrderedIndex index, int seed)
    {
        Random random = new(seed);
        byte[] keys = new byte[20 * KeyBytes];
        int[] ends = new int[20];
        for (int i = 0; i < ends.Length; i++)
        {
            Key(random.Next(Keys)).CopyTo(keys, i * KeyBytes);
            ends[i] = (i + 1) * KeyBytes;
        }

        IndexValue[] values = new IndexValue[ends.Length];
        Assert.Equal(ends.Length, index.TryGetMany(keys, ends, values, new bool[ends.Length]));
        Assert.Single(values.Select(value => value.Version).Distinct());
    }

    private static void ScanPin(OrderedIndex index)
    {
        using PinnedRoot pin = index.Pin();
        IndexCursor cursor = pin.Seek(default, default);
        int count = 0;
        while (cursor.MoveNext())
        {
            Assert.Equal((int)pin.Tag!, cursor.Value.Version);
            count++;
        }

        Assert.Equal(Keys, count);
    }

    /// <summary>A pin is disposed by one thread while another scans it.</summary>
    private static void DisposeWhileReading(OrderedIndex index, int seed)
    {
        PinnedRoot pin = index.Pin();
        Task disposal = Task.Run(() =>
        {
            Thread.SpinWait(seed % 2000);
            pin.Dispose();
        });
        try
        {
            IndexCursor cursor = pin.Seek(default, default);
            while (cursor.MoveNext())
            {
                Assert.Equal((int)pin.Tag!, cursor.Value.Version);
                Assert.True(pin.TryGet(cursor.Key, out _));
            }
        }
        catch (ObjectDisposedException)
        {
            Assert.True(pin.IsDisposed);
        }

        disposal.GetAwaiter().GetResult();
    }

    private static void Repeat(Action<int> read, CancellationToken stop)
    {
        for (int seed = 1; !stop.IsCancellationRequested; seed++)
        {
            read(seed);
        }
    }

    private const int KeyBytes = 12;

    private static byte[] Key(int number)
    {
        byte[] key = new byte[KeyBytes];
        BinaryPrimitives.WriteUInt64BigEndian(
            key.AsSpan(4), (ulong)number * 0x9E37_79B9_7F4A_7C15);
        return key;
    }
}
