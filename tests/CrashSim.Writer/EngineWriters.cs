namespace LogEngine.CrashWriter;

/// <summary>
/// Several writers on one engine, with snapshots and compactions, until it is killed, its standard
/// input ends, or the engine faults.
/// </summary>
/// <remarks>Lines: "ready sequence"; those of <see cref="EngineSpeaker"/>; "closed type".</remarks>
internal static class EngineWriters
{
    private const int Writers = 3;
    private const int Keys = 24;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(5);

    internal static async Task<int> RunAsync(
        string directory, StorageEngineOptions options, int run, int seed)
    {
        EmbeddedEngine engine;
        try
        {
            engine = await StorageEngine.OpenAsync(directory, options);
        }
        catch (Exception error) when (error is IOException or LogEngineException)
        {
            Program.Say($"open {error.GetType().Name}");
            return 2;
        }

        Program.Say($"ready {engine.VisibleSequence}");
        EngineSpeaker speaker = new(engine, run);
        Task inputEnded = Program.InputEnds();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            () => WriteAsync(speaker, writer, new Random(seed + writer), inputEnded))));
        Program.Say($"closed {await Program.CloseAsync(engine.CloseAsync)}".TrimEnd());
        return 0;
    }

    private static async Task WriteAsync(
        EngineSpeaker speaker, int writer, Random random, Task inputEnded)
    {
        for (int counter = 0; !inputEnded.IsCompleted; counter++)
        {
            Durability durability = (Durability)random.Next(3);
            bool sound = await speaker.CommitAsync(
                writer, counter, durability, NextChanges(writer, random));
            if (!sound)
            {
                return;
            }

            if (writer == 0 && random.Next(25) == 0)
            {
                await MaintainAsync(speaker, random);
            }

            if (random.Next(4) == 0)
            {
                await Task.Delay(_pause);
            }
        }
    }

    private static Task MaintainAsync(EngineSpeaker speaker, Random random) =>
        random.Next(2) == 0
            ? EngineSpeaker.MaintainAsync("snapshot", () => speaker.Engine.SnapshotAsync().AsTask())
            : EngineSpeaker.MaintainAsync("compact", () => speaker.Engine.CompactAsync().AsTask());

    /// <summary>Few keys, written again and again: segments die and are compacted away.</summary>
    private static EngineChange[] NextChanges(int writer, Random random)
    {
        string keyspace = $"own{writer}";
        string key = $"k{random.Next(Keys):d2}";
        return random.Next(12) switch
        {
            0 => [EngineChange.Delete(keyspace, key)],
            1 => [EngineChange.DeleteRange(keyspace, key, key + "~")],
            2 =>
            [
                EngineChange.Put(keyspace, key, random.Next(2000)),
                EngineChange.Put("shared", $"{key}-{writer}", random.Next(900)),
                EngineChange.Delete(keyspace, $"k{random.Next(Keys):d2}"),
            ],
            3 => [EngineChange.Put("shared", key, random.Next(600))],
            4 => [EngineChange.Put(keyspace, "large", random.Next(3000, 9000))],
            5 when random.Next(6) == 0 => [EngineChange.Drop($"passing{writer}")],
            5 => [EngineChange.Put($"passing{writer}", key, random.Next(300))],
            _ => [EngineChange.Put(keyspace, key, random.Next(1500))],
        };
    }
}
