using LogEngine.Conformance.Backends;
using LogEngine.Stores.Topics;

namespace LogEngine.Conformance.Cases;

/// <summary>Damage to what a topic has stored: it harms what it hits and nothing else.</summary>
internal static class TopicDamageCases
{
    private const string Store = "Topic";
    private const string Row = "damage";

    // Case B2: the five before it were never given, and nothing said how to get on.
    [Case(Store, Row)]
    internal static async Task What_is_before_a_damaged_record_is_read_and_it_can_be_skipped(
        StoreSession s)
    {
        byte[][] bodies = await AppendAsync(s, 20, "a");
        await s.DamageAsync(bodies[5]);
        await using Topic topic = Topic.Open(s.Engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("a");
        TopicRead before = await group.ReadAsync(32);
        Assert.Equal(bodies.Take(5), before.Records.Select(r => r.Body.ToArray()));
        UnreadableRecordException damaged = await Assert.ThrowsAsync<UnreadableRecordException>(
            async () => await group.ReadAsync(32));
        Assert.Equal(6, damaged.Offset);
        Assert.IsType<CorruptionException>(damaged.InnerException);
        Assert.Equal(6, group.Position);
        await group.ResetAsync(damaged.Offset + 1);
        TopicRead after = await group.ReadAsync(32);
        Assert.Equal(bodies.Skip(6), after.Records.Select(r => r.Body.ToArray()));
        Assert.Equal(0, after.Missed);
    }

    // Case B2, each record in turn.
    [Case(Store, Row)]
    internal static async Task Each_damaged_record_in_turn_is_named(StoreSession s)
    {
        for (int damaged = 0; damaged < 5; damaged++)
        {
            byte[][] bodies = await AppendAsync(s, 5, $"g{damaged}", 100 * (damaged + 1));
            await s.DamageAsync(bodies[damaged]);
            await using Topic topic = Topic.Open(s.Engine, "t");
            ConsumerGroup group = await topic.GetGroupAsync($"g{damaged}");
            List<byte[]> found = [];
            List<long> skipped = [];
            while (found.Count < 4)
            {
                try
                {
                    found.AddRange((await group.ReadAsync(3)).Records.Select(r => r.Body.ToArray()));
                }
                catch (UnreadableRecordException error)
                {
                    skipped.Add(error.Offset);
                    await group.ResetAsync(error.Offset + 1);
                }
            }

            if (damaged == 4)
            {
                skipped.Add((await Assert.ThrowsAsync<UnreadableRecordException>(
                    async () => await group.ReadAsync(1))).Offset);
            }

            Assert.Equal(bodies.Where((_, i) => i != damaged), found);
            Assert.Equal([(5 * damaged) + damaged + 1], skipped);
        }
    }

    // Case B2, the kind: one group's cursor kept the whole topic from opening.
    [Case(Store, Row)]
    internal static async Task A_damaged_cursor_is_its_groups_alone(StoreSession s)
    {
        await AppendAsync(s, 5, "a group with a long name");
        await using (Topic before = Topic.Open(s.Engine, "t"))
        {
            await (await before.GetGroupAsync("another")).CommitAsync(3);
        }

        await s.DamageAsync([.. "a group with a long name"u8, 0, 0, 0, 0]);
        await using Topic topic = Topic.Open(s.Engine, "t", new TopicOptions { TrimStep = 1 });
        Assert.Equal(
            [new GroupStatus("a group with a long name", 0, 5), new GroupStatus("another", 4, 2)],
            topic.Groups);
        ConsumerGroup other = await topic.GetGroupAsync("another");
        Assert.Equal(2, (await other.ReadAsync(10)).Records.Count);
        await Assert.ThrowsAsync<UndecodableValueException>(
            async () => await topic.GetGroupAsync("a group with a long name"));

        // Nothing is removed while nobody knows what it has read.
        await other.CommitAsync(5);
        Assert.Equal(1, topic.FirstOffset);
        Assert.True(await topic.DeleteGroupAsync("a group with a long name"));
        Assert.Equal(1, (await topic.GetGroupAsync("a group with a long name")).Cursor);
    }

    private static async Task<byte[][]> AppendAsync(
        StoreSession s, int count, string group, int seed = 1)
    {
        byte[][] bodies = [.. Enumerable.Range(seed, count).Select(i => Listing.Bytes(i, 300))];
        await using Topic topic = Topic.Open(s.Engine, "t");
        await topic.GetGroupAsync(group, atEnd: true);
        foreach (byte[] body in bodies)
        {
            await topic.AppendAsync(body);
        }

        return bodies;
    }
}
