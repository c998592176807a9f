namespace LogEngine.Unit.Log;

public sealed class LogTextTests
{
    [Fact]
    public async Task Text_is_appended_and_read_back()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        Assert.Equal(1, await log.AppendAsync("größer €"));
        Assert.Equal(2, log.Append("", Durability.ProcessCrash));
        LogBatch batch = new();
        batch.Add("three");
        batch.Add("four"u8);
        await log.AppendBatchAsync(batch);

        List<string> found = [];
        await using (LogReader reader = log.OpenReader(1))
        {
            await foreach (string text in reader.ReadAllTextAsync())
            {
                found.Add(text);
            }
        }

        Assert.Equal(["größer €", "", "three", "four"], found);
        using LogReader bytes = log.OpenReader(1);
        Assert.True(bytes.TryRead(out StoredRecord record));
        Assert.Equal("größer €", record.GetText());
        await foreach (OwnedRecord owned in bytes.ReadAllAsync())
        {
            Assert.Equal(found[(int)owned.Sequence - 1], owned.GetText());
        }
    }

    [Fact]
    public async Task What_is_no_text_is_refused_both_ways()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        await Assert.ThrowsAsync<ArgumentException>(async () => await log.AppendAsync("\ud800"));
        Assert.Throws<ArgumentException>(() => new LogBatch().Add("\udc00"));
        Assert.Equal(0, log.LastSequence);
        log.Append([0xFF]);
        log.Append("after");
        using LogReader reader = log.OpenReader(1);
        await Assert.ThrowsAsync<FormatException>(async () =>
        {
            await foreach (string text in reader.ReadAllTextAsync())
            {
                Assert.Fail(text);
            }
        });
        await foreach (string text in reader.ReadAllTextAsync())
        {
            Assert.Equal("after", text);
        }
    }
}
