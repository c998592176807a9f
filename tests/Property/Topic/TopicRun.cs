using System.Text;
using LogEngine.Stores.Topics;

namespace LogEngine.Properties.Topic;

/// <summary>Does the same on a topic and on the model, and compares what can be seen.</summary>
internal sealed class TopicRun(TopicOptions options, TopicModel model) : IAsyncDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly ManualTime _time = new();
    private EmbeddedEngine _engine = null!;
    private Stores.Topics.Topic _topic = null!;
    private int _sent;

    internal async Task OpenAsync()
    {
        model.Now = _time.GetUtcNow();
        _engine = await StorageEngine.OpenAsync(_scratch.Path, new StorageEngineOptions
        {
            SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
            GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
            SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
            TimeProvider = _time,
        });
        _topic = Stores.Topics.Topic.Open(_engine, "t", options);
    }

    internal async Task StepAsync(TopicStep step)
    {
        string name = $"group {step.Group}";
        switch (step.Action)
        {
            case TopicAction.Append:
                await AppendAsync(1);
                break;
            case TopicAction.AppendMany:
                await AppendAsync(1 + step.Number);
                break;
            case TopicAction.Read:
                await ReadAsync(name, 1 + step.Number);
                break;
            case TopicAction.Commit:
                await CommitAsync(name, step.Number);
                break;
            case TopicAction.Process:
                await ProcessAsync(name, 1 + step.Number);
                break;
            case TopicAction.CommitLate:
                await CommitLateAsync(name, step.Number);
                break;
            case TopicAction.Reset:
                ConsumerGroup reset = await GroupAsync(name);
                long to = Math.Max(1, model.Next - (step.Number * 3) + 2);
                await reset.ResetAsync(to, Durability.ProcessCrash);
                model.Reset(name, to);
                break;
            case TopicAction.Delete:
                Assert.Equal(model.Groups.Remove(name), await _topic.DeleteGroupAsync(name));
                break;
            case TopicAction.Trim:
                await _topic.TrimAsync();
                model.Trim();
                break;
            case TopicAction.Pass:
                _time.Advance(TimeSpan.FromSeconds(step.Number * 3));
                model.Now = _time.GetUtcNow();
                break;
            case TopicAction.Compact:
                await _engine.CompactAsync();
                break;
            default:
                await CloseAsync();
                await OpenAsync();
                model.Reopen();
                break;
        }

        Compare();
    }

    /// <summary>Every group comes to the end, and has then read what it should.</summary>
    internal async Task DrainAsync()
    {
        foreach (string name in model.Groups.Keys.ToList())
        {
            while (await ReadAsync(name, 50) > 0)
            {
            }
        }

        Compare();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _scratch.Dispose();
    }

    private async Task CloseAsync()
    {
        await _topic.DisposeAsync();
        await _engine.DisposeAsync();
    }

    private async Task<ConsumerGroup> GroupAsync(string name)
    {
        ConsumerGroup group = await _topic.GetGroupAsync(name);
        model.AddGroup(name);
        return group;
    }

    private async Task AppendAsync(int count)
    {
        string[] bodies = [.. Enumerable.Range(0, count).Select(_ => $"{++_sent}")];
        long first = await _topic.AppendManyAsync(
            [.. bodies.Select(b => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(b)))],
            Durability.ProcessCrash);
        Assert.Equal(model.Next, first);
        Array.ForEach(bodies, model.Append);
        if (options.MaxRecords is not null)
        {
            model.Trim();
        }
    }

    private async Task<int> ReadAsync(string name, int most)
    {
        TopicRead read = await (await GroupAsync(name)).ReadAsync(most);
        (List<(long, string)> records, long missed) = model.Read(name, most);
        Assert.Equal(
            records,
            read.Records.Select(r => (r.Offset, Encoding.UTF8.GetString(r.Body.Span))));
        Assert.Equal(missed, read.Missed);
        return records.Count;
    }

    /// <summary>Something near the cursor, before it and beyond the end too.</summary>
    private long Near(string name, int number) => model.Groups[name].Cursor + number - 3;

    private async Task CommitAsync(string name, int number)
    {
        ConsumerGroup group = await GroupAsync(name);
        long offset = Near(name, number);
        if (offset < 1 || offset >= model.Next)
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                async () => await group.CommitAsync(offset));
            return;
        }

        await group.CommitAsync(offset, Durability.ProcessCrash);
        model.Commit(name, offset);
        model.Trim();
    }

    private async Task ProcessAsync(string name, int most)
    {
        ConsumerGroup group = await GroupAsync(name);
        if (await ReadAsync(name, most) == 0)
        {
            return;
        }

        long offset = model.Groups[name].Position - 1;
        if (offset < model.Groups[name].Cursor)
        {
            return;
        }

        string made = $"{++_sent}";
        WriteBatch batch = _engine.CreateBatch();
        group.Commit(batch, offset);
        _topic.Append(batch, Encoding.UTF8.GetBytes(made));
        await _engine.CommitAsync(batch, Durability.ProcessCrash);
        model.Commit(name, offset);
        model.Append(made);
    }

    private async Task CommitLateAsync(string name, int number)
    {
        ConsumerGroup group = await GroupAsync(name);
        long late = model.Groups[name].Cursor;
        long sooner = late + number;
        if (sooner >= model.Next)
        {
            return;
        }

        WriteBatch batch = _engine.CreateBatch();
        group.Commit(batch, late);
        await group.CommitAsync(sooner, Durability.ProcessCrash);
        await _engine.CommitAsync(batch, Durability.ProcessCrash);
        model.Commit(name, sooner);
        model.Trim();
        model.Commit(name, late);
    }

    private void Compare()
    {
        Assert.Equal((model.First, model.Next), (_topic.FirstOffset, _topic.NextOffset));
        Assert.Equal(
            model.Groups.OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g => new GroupStatus(
                    g.Key, g.Value.Cursor, Math.Max(0, model.Next - g.Value.Cursor))),
            _topic.Groups);
    }
}
