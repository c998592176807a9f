using LogEngine.Compare;
using LogEngine.Compare.Queues;
using LogEngine.Compare.Stores;
using LogEngine.Compare.Suites;

namespace LogEngine.Bench;

public class PeerTests
{
    private const int ValueBytes = 100;
    private const int Keys = 1000;

    public static TheoryData<string, Durability> Stores
    {
        get
        {
            TheoryData<string, Durability> data = [];
            foreach (string name in StoreCatalog.Durable)
            {
                data.Add(name, Durability.PowerLoss);
                data.Add(name, Durability.ProcessCrash);
            }

            return data;
        }
    }

    public static TheoryData<string> Queues =>
        ["logengine", "sqlite", "sqlite-per-step", "rebus-files", "hangfire-sqlite"];

    [SkippableTheory]
    [MemberData(nameof(Stores))]
    public async Task A_store_gives_back_what_was_put_in_order_and_after_it_was_closed(
        string name, Durability durability)
    {
        string? missing = StoreCatalog.WhyMissing(name);
        Skip.If(missing is not null, $"{name}: {missing}");
        using ScratchDirectory scratch = new();
        string directory = Directory.CreateDirectory(scratch.Path).FullName;
        StoreSettings settings = new(directory, ValueBytes, 2 * Keys, durability, 1 << 20)
        {
            GetsPerTransaction = 1,
        };
        StoreValues values = new(ValueBytes);
        ulong added = StoreKeys.Of(Keys);
        await using (IBenchStore store = StoreCatalog.Open(name, settings))
        {
            store.Load(StoreKeys.Ascending(Keys), values);
            using IBenchStoreReader reader = store.OpenReader();
            byte[] value = new byte[ValueBytes];
            Assert.Equal(-1, reader.Get(added, value));

            values.Write(value, added);
            IBenchStoreWriter writer = store.OpenWriter();
            if (store.IsBlocking)
            {
                writer.Put(added, value);
            }
            else
            {
                await writer.PutAsync(added, value);
            }

            Assert.Equal(ValueBytes, reader.Get(added, value));
            store.Update([StoreKeys.Of(Keys + 1), StoreKeys.Of(Keys + 2)], values);
            await store.FlushAsync();
            Check(reader, values, Keys + 3);
        }

        await using IBenchStore again = StoreCatalog.Open(name, settings);
        using IBenchStoreReader readerAgain = again.OpenReader();
        Check(readerAgain, values, Keys + 3);
    }

    [SkippableTheory]
    [MemberData(nameof(Queues))]
    public async Task A_queue_gives_each_message_once(string name)
    {
        const int Messages = 10;
        using ScratchDirectory scratch = new();
        string directory = Directory.CreateDirectory(scratch.Path).FullName;
        CompareOptions options = new() { Suite = QueueSuite.Name, Directory = directory };
        await using IBenchQueue queue = await QueueSuite.OpenAsync(name, directory, options);
        await Task.WhenAll(Enumerable.Range(0, Messages).Select(
            async i => await queue.EnqueueAsync(new byte[] { (byte)i, 0, 255 })));

        List<byte> received = [];
        for (int i = 0; i < Messages; i++)
        {
            (ReadOnlyMemory<byte> body, object receipt) = await queue.ReceiveAsync();
            Assert.Equal([0, 255], body.Span[1..].ToArray());
            received.Add(body.Span[0]);
            await queue.AcknowledgeAsync(receipt);
        }

        Assert.Equal(Enumerable.Range(0, Messages).Select(i => (byte)i), received.Order());
    }

    private static void Check(IBenchStoreReader reader, StoreValues values, int count)
    {
        byte[] value = new byte[8 * ValueBytes];
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(ValueBytes, reader.Get(StoreKeys.Of(i), value));
            Assert.True(values.IsRight(value.AsSpan(0, ValueBytes), StoreKeys.Of(i)));
        }

        ulong[] some = [.. Enumerable.Range(0, 8).Select(i => StoreKeys.Of(i * 10))];
        Assert.Equal(8, reader.GetMany(some, value));
        for (int i = 0; i < some.Length; i++)
        {
            Assert.True(values.IsRight(value.AsSpan(i * ValueBytes, ValueBytes), some[i]));
        }

        Assert.Equal(count, reader.Scan().Records);
        ulong[] sorted = StoreKeys.Ascending(count);
        ScanSum part = reader.Scan(sorted[5], 7);
        Assert.Equal(7, part.Records);
        Assert.Equal(7 * ValueBytes, part.Bytes);
        ulong words = 0;
        foreach (ulong key in sorted.AsSpan(5, 7))
        {
            words += key;
        }

        Assert.Equal(words, part.Check);
        Assert.Equal(1, reader.Scan(sorted[^1], 7).Records);
        Assert.Equal(0, reader.Scan(ulong.MaxValue, 7).Records);
    }
}
