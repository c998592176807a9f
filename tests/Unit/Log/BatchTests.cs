namespace LogEngine.Unit.Log;

public sealed class BatchTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct, Durability.None)]
    [InlineData(IoMode.Direct, Durability.PowerLoss)]
    [InlineData(IoMode.Buffered, Durability.ProcessCrash)]
    [InlineData(IoMode.Buffered, Durability.PowerLoss)]
    public async Task Batches_of_every_shape_read_back(IoMode mode, Durability durability)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
        List<byte[]> expected = [];
        LogBatch batch = new();
        int[][] shapes = [[0], [0, 0, 0], [1, 8, 9], [4096, 0, 4096], [16000, 200], [40_000, 1]];
        foreach (int[] shape in shapes)
        {
            batch.Clear();
            long first = expected.Count + 1;
            foreach (int length in shape)
            {
                byte[] payload = Payloads.Of(length, expected.Count);
                batch.Add(payload);
                expected.Add(payload);
            }

            SequenceRange range = await log.AppendBatchAsync(batch, durability).Soon();
            Assert.Equal(new SequenceRange(first, expected.Count), range);
            Assert.Equal(shape.Length, range.Count);
        }

        await log.FlushAsync().Soon();
        LogContents.AssertSame(expected, LogContents.Read(log));
    }

    [Fact]
    public async Task An_empty_batch_is_refused()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await log.AppendBatchAsync(new LogBatch()));
    }

    [Fact]
    public void A_cleared_batch_is_empty()
    {
        LogBatch batch = new();
        batch.Add([1, 2, 3]);
        batch.Clear();
        Assert.Equal((0, 0), (batch.Count, batch.PayloadBytes));
    }
}
