using System.Buffers.Binary;

namespace LogEngine.Unit.Log;

public sealed class ConcurrencyTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Every_record_of_many_appenders_is_where_its_sequence_says(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        byte[][] expected = new byte[32 * 100][];
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode))
        {
            await Task.WhenAll(Enumerable.Range(0, 32).Select(writer => Task.Run(
                () => WriteAsync(log, writer, expected)))).Soon();
        }

        LogContents.AssertSame(expected, await LogContents.ReadAsync(scratch.Path));
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task A_reader_beside_the_writers_sees_every_record_once_and_in_order(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
        byte[][] expected = new byte[8 * 100][];
        Task<List<byte[]>> reading = Task.Run(() => FollowAsync(log, expected.Length));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(
            () => WriteAsync(log, writer, expected)))).Soon();
        LogContents.AssertSame(expected, await reading.Soon());
    }

    [Fact]
    public async Task Thousands_of_pending_appends_complete_with_ascending_sequences()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        Task<long>[] pending = new Task<long>[5000];
        for (int i = 0; i < pending.Length; i++)
        {
            byte[] payload = new byte[4 + (i % 200)];
            BinaryPrimitives.WriteInt32LittleEndian(payload, i);
            pending[i] = log.AppendAsync(payload).AsTask();
        }

        long[] sequences = await Task.WhenAll(pending).Soon();
        Assert.Equal(Enumerable.Range(1, pending.Length).Select(i => (long)i), sequences);
        List<byte[]> read = LogContents.Read(log);
        Assert.Equal(
            Enumerable.Range(0, pending.Length),
            read.Select(r => BinaryPrimitives.ReadInt32LittleEndian(r)));
        Assert.True(log.Statistics.BackPressureWaits > 0, "16 KiB groups took them all at once");
    }

    [Fact]
    public async Task Async_continuations_may_append_again_and_block()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        for (int i = 0; i < 50; i++)
        {
            // Would never return if the continuation ran on the committer's thread.
            await log.AppendAsync(new byte[] { 1 });
            log.Append([2]);
        }

        Assert.Equal(100, log.DurableSequence);
    }

    private static async Task WriteAsync(WriteAheadLog log, int writer, byte[][] expected)
    {
        for (int i = 0; i < 100; i++)
        {
            int id = (writer * 100) + i;
            byte[] payload = Payloads.Of(id % 7 == 0 ? 5000 : id % 257, id);
            Durability durability = (Durability)(id % 3);
            long sequence = (id % 4) switch
            {
                0 => log.Append(payload, durability),
                1 when log.TryAppend(payload, out long tried) => tried,
                _ => await log.AppendAsync(payload, durability),
            };
            expected[sequence - 1] = payload;
        }
    }

    private static async Task<List<byte[]>> FollowAsync(WriteAheadLog log, int count)
    {
        List<byte[]> read = [];
        LogReaderOptions options = new() { Follow = true, UpTo = ReadUpTo.Written };
        await using LogReader reader = log.OpenReader(1, options);
        await foreach (OwnedRecord record in reader.ReadAllAsync())
        {
            read.Add(record.Payload.ToArray());
            Assert.Equal(read.Count, record.Sequence);
            if (read.Count == count)
            {
                break;
            }
        }

        return read;
    }
}
