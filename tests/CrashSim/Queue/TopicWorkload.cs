using System.Text;
using LogEngine.Stores.Topics;

namespace LogEngine.CrashSim.Queue;

/// <summary>A seeded run of everything a topic can do, told to the journal.</summary>
internal sealed class TopicWorkload(
    EmbeddedEngine engine, TopicJournal journal, int seed, Durability commits)
{
    private static readonly TopicOptions _options = new() { TrimStep = 4 };

    private readonly Random _random = new(seed);
    private int _sent;

    internal async Task RunAsync(int steps)
    {
        Topic topic = Topic.Open(engine, "t", _options);
        ConsumerGroup[] groups = new ConsumerGroup[2];
        for (int i = 0; i < groups.Length; i++)
        {
            groups[i] = await topic.GetGroupAsync($"{i}");
            journal.GroupMade(groups[i].Name, groups[i].Cursor);
        }

        for (int i = 0; i < steps; i++)
        {
            await StepAsync(topic, groups[_random.Next(groups.Length)]);
        }

        await topic.DisposeAsync();
        await engine.CloseAsync();
    }

    /// <summary>Everything in a recovered topic, as its groups read it.</summary>
    internal static async Task<TopicContents> ContentsAsync(EmbeddedEngine engine)
    {
        Dictionary<string, (long, List<(long, string)>)> groups = [];
        Topic topic = Topic.Open(engine, "t", _options);
        foreach (GroupStatus status in topic.Groups)
        {
            ConsumerGroup group = await topic.GetGroupAsync(status.Name);
            List<(long, string)> read = [];
            while (await group.ReadAsync(50) is { Records.Count: > 0 } some)
            {
                read.AddRange(some.Records.Select(
                    r => (r.Offset, Encoding.UTF8.GetString(r.Body.Span))));
            }

            groups.Add(status.Name, (status.Cursor, read));
        }

        await topic.DisposeAsync();
        await engine.CloseAsync();
        return new TopicContents(groups);
    }

    private async Task StepAsync(Topic topic, ConsumerGroup group)
    {
        switch (_random.Next(10))
        {
            case < 3:
                string body = Next();
                journal.Appended(await topic.AppendAsync(Bytes(body), null, commits), body);
                break;
            case 3:
                string[] bodies = [Next(), Next(), Next()];
                long first = await topic.AppendManyAsync(
                    [.. bodies.Select(b => new ReadOnlyMemory<byte>(Bytes(b)))], commits);
                for (int i = 0; i < bodies.Length; i++)
                {
                    journal.Appended(first + i, bodies[i]);
                }

                break;
            case < 7:
                TopicRead read = await group.ReadAsync(1 + _random.Next(4));
                if (read.Records.Count > 0 && read.Records[^1].Offset >= group.Cursor)
                {
                    await DoneAsync(topic, group, read.Records[^1].Offset);
                }

                break;
            case 7:
                await ResetAsync(group, Math.Max(topic.FirstOffset, group.Cursor - _random.Next(3)));
                break;
            default:
                await group.ReadAsync(1 + _random.Next(4));
                break;
        }
    }

    private async Task DoneAsync(Topic topic, ConsumerGroup group, long offset)
    {
        journal.Moving(group.Name, offset + 1);
        if (_random.Next(2) == 0)
        {
            await group.CommitAsync(offset, commits);
            journal.Moved(group.Name, offset + 1);
            return;
        }

        // With what was made of it, in one batch.
        string made = Next();
        long next = topic.NextOffset;
        WriteBatch batch = engine.CreateBatch();
        group.Commit(batch, offset);
        topic.Append(batch, Bytes(made));
        await engine.CommitAsync(batch, commits);
        journal.Moved(group.Name, offset + 1);
        journal.Appended(next, made);
    }

    private async Task ResetAsync(ConsumerGroup group, long to)
    {
        journal.Moving(group.Name, to);
        await group.ResetAsync(to, commits);
        journal.Moved(group.Name, to);
    }

    private string Next()
    {
        string body = $"{++_sent}";
        journal.Sending(body);
        return body;
    }

    private static byte[] Bytes(string body) => Encoding.UTF8.GetBytes(body);
}
